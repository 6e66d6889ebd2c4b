//! Sessions: what devices remember of a connection's first packet, for its replies.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use super::engine::{Visit, Walker};
use super::{PacketBox, answer_to};
use crate::analysis::world::DeviceId;
use crate::model::nat::Stage;
use crate::net::registry::{TCP, UDP};
use crate::set::{Arena, BudgetExceeded, Field, SetId};

/// Which packets of a connection are walked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// Its first packet, of which no device knows yet.
    #[default]
    First,
    /// Answers.
    Answer,
    /// What follows the first answer, in the first packet's direction.
    Later,
}

/// What devices remember of a connection.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Session {
    /// Which of its packets are walked.
    pub(super) phase: Phase,
    /// Where it is permitted.
    pub(super) held: BTreeSet<Held>,
    /// How its replies are translated back, the last translation first.
    pub(super) replies: Vec<Reply>,
}

impl Session {
    /// Whether a device remembers anything of the connection.
    pub(super) fn knows(&self, device: DeviceId) -> bool {
        self.held.iter().any(|held| held.device == device)
            || self.replies.iter().any(|reply| reply.device == device)
    }

    /// Devices that permit it.
    pub(super) fn devices(&self) -> impl Iterator<Item = DeviceId> + '_ {
        self.held.iter().map(|held| held.device)
    }

    /// The same session for what follows the first answer, which these devices saw; those that
    /// go by zones and levels know it in any case.
    pub(super) fn later(&self, seen: &BTreeSet<DeviceId>) -> Self {
        let mut later = Self {
            phase: Phase::Later,
            ..self.clone()
        };
        later
            .held
            .retain(|held| held.from.is_some() || seen.contains(&held.device));
        later
    }

    /// The connection as it is for devices that have not seen it begin: a packet filter that tracks
    /// connections takes it up all the same.
    pub(super) fn unknown(&self) -> Self {
        let held = self.held.iter().filter(|held| held.from.is_none());
        Self {
            phase: Phase::Later,
            held: held.cloned().collect(),
            replies: Vec::new(),
        }
    }

    /// Whether a device permits packets from `from` to `to`, the ends that the session has there
    /// in either order.
    pub(super) fn permits(&self, device: DeviceId, from: &Ends, to: &Ends) -> bool {
        self.held.iter().any(|held| {
            held.device == device
                && ((held.from == *to && held.to == *from)
                    || (held.from == *from && held.to == *to))
        })
    }
}

/// An end of a session at a device: a zone or interface, none where the device does not ask.
pub(super) type Ends = Option<Arc<str>>;

/// A session that a device permits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Held {
    /// The device.
    pub(super) device: DeviceId,
    /// Where its first packet came from.
    pub(super) from: Ends,
    /// Where it went.
    pub(super) to: Ends,
}

/// How replies are translated back at a device.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reply {
    /// The device.
    pub(super) device: DeviceId,
    /// Where it does that.
    pub(super) stage: Stage,
    /// Replies as they come.
    from: Vec<PacketBox>,
    /// What they become.
    to: Vec<PacketBox>,
    /// The fields that change.
    change: Change,
}

impl Reply {
    /// Replies as they come.
    pub(super) fn expected(&self) -> impl Iterator<Item = &PacketBox> {
        self.from.iter()
    }
}

/// Something that packets left behind or became on their way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    /// A device remembers them.
    Held(Held),
    /// A device rewrote them.
    Rewrite(Rewrite),
}

/// A rewrite of packets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rewrite {
    /// The device.
    pub(super) device: DeviceId,
    /// Where it did that.
    pub(super) stage: Stage,
    /// What it did.
    pub(super) change: Rc<Change>,
    /// What the packets became at most.
    pub(super) into: SetId,
}

/// Fields that are rewritten, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Change(pub(super) Vec<FieldChange>);

/// How one field is rewritten.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FieldChange {
    /// To any value of these ranges.
    Any(Field, Vec<(u32, u32)>),
    /// By a distance: values of the range, of which the first becomes the last number here.
    Shift(Field, (u32, u32), u32),
}

impl Change {
    /// Whether each packet can become one packet only.
    pub(super) fn is_function(&self) -> bool {
        self.0.iter().all(|change| match change {
            FieldChange::Any(_, ranges) => {
                matches!(ranges.as_slice(), [(low, high)] if low == high)
            }
            FieldChange::Shift(..) => true,
        })
    }

    /// What undoes it on replies, for those whose first packets are known.
    fn mirrored(&self) -> Self {
        Self(
            self.0
                .iter()
                .rev()
                .map(|change| match change {
                    FieldChange::Any(field, _) => {
                        FieldChange::Any(mirror(*field), vec![(0, u32::MAX)])
                    }
                    FieldChange::Shift(field, (low, high), to) => {
                        let last = to.saturating_add(high - low);
                        FieldChange::Shift(mirror(*field), (*to, last), *low)
                    }
                })
                .collect(),
        )
    }
}

/// The field of a reply that holds what `field` holds in the first packet.
fn mirror(field: Field) -> Field {
    match field {
        Field::Source => Field::Destination,
        Field::Destination => Field::Source,
        Field::SourcePort => Field::DestinationPort,
        Field::DestinationPort => Field::SourcePort,
        Field::Protocol | Field::TcpState | Field::Dscp => field,
    }
}

/// Whether a field is a port, which only TCP and UDP have.
fn is_port(field: Field) -> bool {
    matches!(field, Field::SourcePort | Field::DestinationPort)
}

/// Packets that have a field, and the others.
fn having(
    arena: &mut Arena<u32>,
    set: SetId,
    field: Field,
) -> Result<(SetId, SetId), BudgetExceeded> {
    if !is_port(field) {
        return Ok((set, SetId::EMPTY));
    }
    let ported = [TCP, UDP].map(|protocol| (u32::from(protocol), u32::from(protocol)));
    arena.split(set, Field::Protocol, &ported)
}

/// What packets become.
pub(super) fn image(
    arena: &mut Arena<u32>,
    set: SetId,
    change: &Change,
    into: SetId,
) -> Result<SetId, BudgetExceeded> {
    let mut set = set;
    for change in &change.0 {
        set = match change {
            FieldChange::Any(field, ranges) => {
                let (with, without) = having(arena, set, *field)?;
                let free = arena.exists(with, *field)?;
                let to = arena.with_field(*field, ranges)?;
                let rewritten = arena.and(free, to)?;
                arena.or(rewritten, without)?
            }
            FieldChange::Shift(field, range, to) => arena.shift(set, *field, *range, *to)?,
        };
    }
    arena.and(set, into)
}

/// Packets that may become some of `set`; which of them there were, the caller knows.
pub(super) fn preimage(
    arena: &mut Arena<u32>,
    set: SetId,
    change: &Change,
) -> Result<SetId, BudgetExceeded> {
    let mut set = set;
    for change in change.0.iter().rev() {
        set = match change {
            FieldChange::Any(field, ranges) => {
                let (with, without) = having(arena, set, *field)?;
                let to = arena.with_field(*field, ranges)?;
                let rewritten = arena.and(with, to)?;
                let free = arena.exists(rewritten, *field)?;
                arena.or(free, without)?
            }
            FieldChange::Shift(field, (low, high), to) => {
                let last = to.saturating_add(high - low);
                arena.shift(set, *field, (*to, last), *low)?
            }
        };
    }
    Ok(set)
}

/// A reply's way back, with its sets in the walk's own arena.
#[derive(Debug)]
pub(super) struct Returning {
    /// The device.
    pub(super) device: DeviceId,
    /// Where it translates back.
    pub(super) stage: Stage,
    /// Replies as they come.
    pub(super) from: SetId,
    /// What they become.
    pub(super) to: SetId,
    /// The fields that change.
    pub(super) change: Rc<Change>,
}

/// Notes that a device remembers packets.
pub(super) fn hold(visit: &mut Visit, from: Ends, to: Ends) {
    let mark = Mark::Held(Held {
        device: visit.device,
        from,
        to,
    });
    if !visit.held.contains(&mark) {
        visit.held.push(mark);
    }
}

impl Walker<'_, '_> {
    /// Makes the sets of the session's translations.
    pub(super) fn prepare_replies(&mut self) -> Result<(), BudgetExceeded> {
        let session = self.session;
        if session.phase != Phase::Answer {
            return Ok(());
        }
        for reply in &session.replies {
            let returning = Returning {
                device: reply.device,
                stage: reply.stage,
                from: self.of_boxes(&reply.from)?,
                to: self.of_boxes(&reply.to)?,
                change: Rc::new(reply.change.clone()),
            };
            self.returning.push(returning);
        }
        Ok(())
    }

    /// Boxes as one set.
    fn of_boxes(&mut self, boxes: &[PacketBox]) -> Result<SetId, BudgetExceeded> {
        let mut sets = Vec::with_capacity(boxes.len());
        for one in boxes {
            sets.push(self.arena.from_box(&one.ranges())?);
        }
        self.arena.or_all(&sets)
    }

    /// What packets are at the end of a trail, where that is something else than they were, and
    /// the session that they leave behind.
    pub(super) fn arrive(
        &mut self,
        set: SetId,
        trail: &[Mark],
    ) -> Result<(Option<Vec<PacketBox>>, Session), BudgetExceeded> {
        let mut session = Session {
            phase: Phase::Answer,
            ..Session::default()
        };
        let mut set = set;
        let mut rewritten = false;
        for mark in trail {
            match mark {
                Mark::Held(held) => {
                    session.held.insert(held.clone());
                }
                Mark::Rewrite(rewrite) => {
                    let after = image(&mut self.arena, set, &rewrite.change, rewrite.into)?;
                    let answers = |boxes: Vec<PacketBox>| boxes.iter().map(answer_to).collect();
                    session.replies.push(Reply {
                        device: rewrite.device,
                        stage: match rewrite.stage {
                            Stage::BeforeRouting => Stage::AfterRouting,
                            Stage::AfterRouting => Stage::BeforeRouting,
                        },
                        from: answers(self.boxes_of(after)?),
                        to: answers(self.boxes_of(set)?),
                        change: rewrite.change.mirrored(),
                    });
                    set = after;
                    rewritten = true;
                }
            }
        }
        session.replies.reverse();
        let packets = if rewritten {
            Some(self.boxes_of(set)?)
        } else {
            None
        };
        Ok((packets, session))
    }
}
