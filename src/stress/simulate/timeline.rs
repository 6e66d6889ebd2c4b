//! Segments as each pump meets them, in microseconds.

use crate::stress::disturbance::{Segment, Service, State};
use crate::stress::number::{float, micros};
use crate::stress::random::{Purpose, uniform};

/// One segment of one service.
#[derive(Debug, Clone, Copy)]
struct Span {
    /// Earliest begin.
    from_us: u64,
    /// Spread of the begin.
    from_spread_us: u64,
    /// Earliest end.
    to_us: u64,
    /// Spread of the end.
    to_spread_us: u64,
    /// State.
    state: State,
    /// Number of the segment, for draws.
    number: u64,
    /// Latest end of this and all earlier spans.
    latest_us: u64,
}

/// A span as one pump meets it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Met {
    /// Begin.
    pub(super) from_us: u64,
    /// End.
    pub(super) to_us: u64,
    /// State.
    pub(super) state: State,
}

impl Span {
    /// As one pump meets it.
    fn meet(&self, seed: u64, pump: u64) -> Met {
        let drawn = |at: u64, spread: u64, purpose| {
            if spread == 0 {
                return at;
            }
            let share = uniform(seed, pump, self.number, purpose);
            at.saturating_add(crate::stress::number::count(share * float(spread)))
        };
        Met {
            from_us: drawn(self.from_us, self.from_spread_us, Purpose::Begin),
            to_us: drawn(self.to_us, self.to_spread_us, Purpose::End),
            state: self.state,
        }
    }
}

/// Spans of one service for one group, by begin.
#[derive(Debug, Clone, Default)]
pub(super) struct Spans {
    /// The spans.
    spans: Vec<Span>,
}

/// Never.
pub(super) const NEVER: u64 = u64::MAX >> 24;

impl Spans {
    /// Whether nothing ever happens.
    pub(super) fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The span in which a pump is at a time; of several, the one that began last.
    pub(super) fn at(&self, seed: u64, pump: u64, now: u64) -> Option<Met> {
        let begun = self.spans.partition_point(|span| span.from_us <= now);
        for span in self.spans.get(..begun).unwrap_or_default().iter().rev() {
            if span.latest_us <= now {
                return None;
            }
            let met = span.meet(seed, pump);
            // Whoever comes new does not notice that others lost their sessions.
            let is_there = met.state != State::SessionsLost;
            if is_there && met.from_us <= now && now < met.to_us {
                return Some(met);
            }
        }
        None
    }

    /// Spans that a pump meets from a time on, or is in.
    pub(super) fn from(&self, seed: u64, pump: u64, now: u64) -> impl Iterator<Item = Met> + '_ {
        self.spans
            .iter()
            .filter(move |span| span.to_us.saturating_add(span.to_spread_us) > now)
            .map(move |span| span.meet(seed, pump))
            .filter(move |met| met.to_us > now && met.to_us > met.from_us)
    }
}

/// Segments of every service for one group.
#[derive(Debug, Clone, Default)]
pub(super) struct Timeline {
    /// The link.
    pub(super) link: Spans,
    /// RADIUS.
    pub(super) radius: Spans,
    /// DHCP.
    pub(super) dhcp: Spans,
    /// Name servers by place.
    pub(super) dns: [Spans; 3],
    /// The gateway.
    pub(super) gateway: Spans,
}

impl Timeline {
    /// The segments that concern a group; those that end do so `later_us` later than written.
    pub(super) fn of_group(segments: &[Segment], group: usize, later_us: u64) -> Self {
        let mut timeline = Self::default();
        for (number, segment) in (0..).zip(segments) {
            if !segment.concerns(group) {
                continue;
            }
            let Some(state) = segment.state.at(segment.service) else {
                continue;
            };
            let span = Span {
                from_us: micros(segment.from_s),
                from_spread_us: micros(segment.from_spread_s),
                to_us: segment
                    .to_s
                    .map_or(NEVER, |to| micros(to).saturating_add(later_us)),
                to_spread_us: segment.to_s.map_or(0, |_| micros(segment.to_spread_s)),
                state,
                number,
                latest_us: 0,
            };
            if let Some(spans) = timeline.service(segment.service) {
                spans.spans.push(span);
            }
        }
        timeline.sort();
        timeline
    }

    /// The spans of a service.
    fn service(&mut self, service: Service) -> Option<&mut Spans> {
        match service {
            Service::Link => Some(&mut self.link),
            Service::Radius => Some(&mut self.radius),
            Service::Dhcp => Some(&mut self.dhcp),
            Service::Dns(place) => self.dns.get_mut(usize::from(place)),
            Service::Gateway => Some(&mut self.gateway),
        }
    }

    /// Orders the spans of every service.
    fn sort(&mut self) {
        let [first, second, third] = &mut self.dns;
        let all = [
            &mut self.link,
            &mut self.radius,
            &mut self.dhcp,
            &mut self.gateway,
            first,
            second,
            third,
        ];
        for spans in all {
            spans.spans.sort_by_key(|span| (span.from_us, span.number));
            let mut latest = 0;
            for span in &mut spans.spans {
                latest = latest.max(span.to_us.saturating_add(span.to_spread_us));
                span.latest_us = latest;
            }
        }
    }
}
