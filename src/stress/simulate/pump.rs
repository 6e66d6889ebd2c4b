//! One pump's state, and what its class costs in microseconds.

use crate::client::back_off::BackOff;
use crate::client::schedule::{Schedule, Spread};
use crate::stress::number::{SECOND_US, count, float, micros, seconds};
use crate::stress::pump::{Draw, Parameter, PumpClass, Resets, Stack};
use crate::stress::random::{Purpose, uniform};

use super::timeline::NEVER;

/// What a pump does at its next event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Looks for the link.
    Link,
    /// Authenticates.
    Eap,
    /// RADIUS is asked again.
    EapAgain,
    /// Is authenticated.
    EapDone,
    /// Learns that authentication failed.
    EapFail,
    /// Sends to DHCP.
    Dhcp,
    /// Has a lease.
    DhcpDone,
    /// Begins an attempt.
    Begin,
    /// Sends to a name server.
    Dns,
    /// Has an address.
    DnsDone,
    /// Sends a SYN.
    Syn,
    /// Begins or resumes TLS.
    Tls,
    /// Has a session.
    TlsDone,
    /// Learns that an attempt failed.
    Fail,
    /// Its link goes down.
    LoseLink,
    /// It notices that the gateway is silent.
    LoseGateway,
    /// Its lease has run out.
    LoseLease,
    /// It authenticates again.
    Reauthenticate,
    /// RADIUS is asked again for an authentication in a session.
    ReauthenticateAgain,
    /// Nothing more happens.
    Idle,
}

/// A pump; two cache lines, 128 bytes, what every event needs in the first.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(128))]
pub(super) struct Pump {
    /// Next event.
    pub(super) next_us: u64,
    /// Begin of the present call; its transmissions are counted from here.
    pub(super) call_us: u64,
    /// Earliest answer on its way.
    pub(super) answer_us: u64,
    /// Last check-in of the communication task.
    pub(super) check_in_us: u64,
    /// When communication work began to keep the processor busy.
    pub(super) busy_from_us: u64,
    /// When that work ends.
    pub(super) busy_to_us: u64,
    /// Longest time that communication work held the processor.
    pub(super) busy_max_us: u32,
    /// Attempts.
    pub(super) attempts: u32,
    /// Failures since the last success.
    pub(super) failures: u16,
    /// Group.
    pub(super) group: u16,
    /// Transmissions of the present call.
    pub(super) sent: u16,
    /// What it does next.
    pub(super) step: Step,
    /// Since when messages wait; [`NEVER`] in a session.
    pub(super) silent_us: u64,
    /// When the session came back last.
    pub(super) recovered_us: u64,
    /// Longest time between check-ins in blocking calls.
    pub(super) block_us: u64,
    /// First time a limit was passed.
    pub(super) first_trip_us: u64,
    /// Most messages that waited.
    pub(super) queue_max: u32,
    /// Log writes.
    pub(super) logs: u32,
    /// Failed attempts.
    pub(super) failed: u32,
    /// Until when the gateway takes the messages that waited.
    pub(super) flushed_us: u64,
    /// Since when those waited.
    pub(super) kept_us: u64,
}

impl Pump {
    /// A pump in a session, idle.
    pub(super) fn in_session(group: u16) -> Self {
        Self {
            next_us: NEVER,
            call_us: 0,
            answer_us: NEVER,
            check_in_us: 0,
            silent_us: NEVER,
            busy_from_us: 0,
            busy_to_us: 0,
            recovered_us: 0,
            block_us: 0,
            first_trip_us: NEVER,
            busy_max_us: 0,
            queue_max: 0,
            logs: 0,
            attempts: 0,
            failed: 0,
            failures: 0,
            flushed_us: 0,
            kept_us: NEVER,
            group,
            sent: 0,
            step: Step::Idle,
        }
    }

    /// Reads a word of each of its cache lines.
    pub(super) fn touch(&self) -> u64 {
        self.next_us ^ self.block_us
    }

    /// Books work for the processor now, in order of time.
    pub(super) fn work(&mut self, now: u64, cost_us: u64, costs: &Costs) {
        if cost_us == 0 {
            return;
        }
        if now > self.busy_to_us {
            self.busy_from_us = now;
            self.busy_to_us = now;
        }
        self.busy_to_us += cost_us;
        let busy = self.busy_to_us - self.busy_from_us;
        self.busy_max_us = self
            .busy_max_us
            .max(u32::try_from(busy).unwrap_or(u32::MAX));
        if busy + costs.kick_us > costs.watchdog_us {
            self.first_trip_us = self
                .first_trip_us
                .min(self.busy_from_us + costs.watchdog_us);
        }
        if costs.edge_us > 0 && busy + costs.edge_us > costs.kick_us {
            self.first_trip_us = self.first_trip_us.min(self.busy_to_us);
        }
    }

    /// Writes to the log; every so often that erases a block.
    pub(super) fn log(&mut self, now: u64, costs: &Costs) {
        self.logs += 1;
        self.work(now, costs.log_us, costs);
    }

    /// The communication task checks in after blocking calls.
    pub(super) fn check_in(&mut self, now: u64, costs: &Costs) {
        let block = now.saturating_sub(self.check_in_us);
        self.block_us = self.block_us.max(block);
        if block > costs.check_in_us {
            self.first_trip_us = self.first_trip_us.min(self.check_in_us + costs.check_in_us);
        }
        self.check_in_us = now;
    }

    /// Messages that wait at a time, one alarm among them.
    pub(super) fn waiting(&self, now: u64, costs: &Costs) -> u32 {
        if self.silent_us == NEVER {
            return 0;
        }
        let status = now.saturating_sub(self.silent_us) / costs.status_us;
        u32::try_from(status + 1).unwrap_or(u32::MAX)
    }
}

/// A retry schedule compiled for lookup by number of the transmission.
#[derive(Debug, Clone)]
pub(super) struct Compiled {
    /// The schedule.
    schedule: &'static Schedule,
    /// Nominal times.
    times_us: Vec<u64>,
    /// Sum of the gaps that repeat.
    cycle_us: u64,
    /// When it gives up.
    give_up_us: u64,
}

impl Compiled {
    /// Compiles a schedule.
    fn new(schedule: &'static Schedule) -> Self {
        Self {
            schedule,
            times_us: schedule
                .times_ms
                .iter()
                .map(|time| u64::from(*time) * 1_000)
                .collect(),
            cycle_us: schedule
                .then_gaps_ms
                .iter()
                .map(|gap| u64::from(*gap) * 1_000)
                .sum(),
            give_up_us: schedule.give_up_us().unwrap_or(NEVER),
        }
    }

    /// Time of a transmission since the first; `None`: there is none.
    pub(super) fn time_us(&self, number: u16, share: impl Fn() -> f64) -> Option<u64> {
        let number = usize::from(number);
        let nominal = match self.times_us.get(number) {
            Some(time) => *time,
            None if self.cycle_us == 0 => return None,
            None => {
                let past = number - self.times_us.len() + 1;
                let gaps = self.schedule.then_gaps_ms;
                let cycles = u64::try_from(past / gaps.len()).unwrap_or(0);
                let rest: u64 = gaps
                    .iter()
                    .take(past % gaps.len())
                    .map(|gap| u64::from(*gap) * 1_000)
                    .sum();
                self.times_us.last().copied().unwrap_or(0) + cycles * self.cycle_us + rest
            }
        };
        Some(match self.schedule.spread {
            Spread::FirstGapEarly(most) if number > 0 => {
                nominal.saturating_sub(part(most, share()))
            }
            Spread::EachGapAround(most) if number > 0 => {
                nominal.saturating_sub(u64::from(most) * 1_000) + part(2 * most, share())
            }
            Spread::None | Spread::FirstGapEarly(_) | Spread::EachGapAround(_) | Spread::OneRun => {
                nominal
            }
        })
    }

    /// When the call ends without an answer.
    pub(super) fn give_up_us(&self, share: impl Fn() -> f64) -> u64 {
        match self.schedule.spread {
            Spread::FirstGapEarly(most) if self.give_up_us < NEVER => {
                self.give_up_us.saturating_sub(part(most, share()))
            }
            Spread::None | Spread::FirstGapEarly(_) | Spread::EachGapAround(_) | Spread::OneRun => {
                self.give_up_us
            }
        }
    }

    /// Pause before the stack itself starts over.
    pub(super) fn sleep_us(&self) -> u64 {
        self.schedule
            .sleep_ms
            .map_or(0, |sleep| u64::from(sleep) * 1_000)
    }

    /// Server that a transmission asks.
    pub(super) fn server(&self, number: u16) -> u8 {
        let place = usize::from(number).checked_rem(self.schedule.servers.len());
        place
            .and_then(|place| self.schedule.servers.get(place))
            .copied()
            .unwrap_or(0)
    }
}

/// A share of milliseconds in microseconds.
fn part(most_ms: u32, share: f64) -> u64 {
    count(f64::from(most_ms) * 1_000.0 * share)
}

/// What a class costs and waits, in microseconds; work is stretched by what runs above it.
#[derive(Debug, Clone)]
pub(super) struct Costs {
    /// Wi-Fi scan.
    pub(super) scan_us: u64,
    /// Full authentication.
    pub(super) eap_us: u64,
    /// Failed authentication.
    pub(super) eap_fail_us: u64,
    /// DHCP exchange.
    pub(super) dhcp_us: u64,
    /// DNS query.
    pub(super) dns_us: u64,
    /// SYN.
    pub(super) syn_us: u64,
    /// Full TLS handshake.
    pub(super) tls_us: u64,
    /// TLS handshake that fails.
    pub(super) tls_fail_us: u64,
    /// Cleaning up a failed connection.
    pub(super) fail_us: u64,
    /// Serializing a message.
    pub(super) message_us: u64,
    /// Log write.
    pub(super) log_us: u64,
    /// Kick period.
    pub(super) kick_us: u64,
    /// Watchdog period.
    pub(super) watchdog_us: u64,
    /// Share of it in which a kick is too early; 0: none.
    pub(super) edge_us: u64,
    /// Check-in window.
    pub(super) check_in_us: u64,
    /// Heartbeat period.
    pub(super) heartbeat_us: u64,
    /// Loss detection.
    pub(super) detect_us: u64,
    /// Status period.
    pub(super) status_us: u64,
    /// Longest wait for TLS.
    pub(super) tls_timeout_us: u64,
    /// Wait after a failed authentication.
    pub(super) held_us: u64,
    /// Names.
    pub(super) dns: Compiled,
    /// Handshakes.
    pub(super) syn: Compiled,
    /// Leases.
    pub(super) dhcp: Compiled,
    /// Waits between attempts.
    pub(super) back_off: BackOff,
    /// After what those begin anew.
    pub(super) resets: Option<Resets>,
    /// Whether it authenticates.
    pub(super) uses_eap: bool,
    /// Whether it asks DHCP.
    pub(super) uses_dhcp: bool,
    /// Whether it resolves names.
    pub(super) uses_dns: bool,
}

impl Costs {
    /// The costs of a class on one stack with one value for each parameter.
    pub(super) fn new(class: &PumpClass, stack: &Stack, draw: &Draw) -> Self {
        let free = (1.0 - draw.value(Parameter::LoadAbove)).max(0.01);
        let work = |parameter| micros(draw.value(parameter) / free);
        let time = |parameter| micros(draw.value(parameter));
        let held = stack.eap.then_gaps_ms.first().copied().unwrap_or(60_000);
        Self {
            scan_us: work(Parameter::Scan),
            eap_us: work(Parameter::EapFull),
            eap_fail_us: work(Parameter::EapFail),
            dhcp_us: work(Parameter::Dhcp),
            dns_us: work(Parameter::DnsQuery),
            syn_us: work(Parameter::Syn),
            tls_us: work(Parameter::TlsFull),
            tls_fail_us: work(Parameter::TlsFail),
            fail_us: work(Parameter::ConnectFail),
            message_us: work(Parameter::Message),
            log_us: work(Parameter::LogWrite),
            kick_us: time(Parameter::Kick),
            watchdog_us: time(Parameter::Watchdog),
            edge_us: micros(
                draw.value(Parameter::WatchdogWindow) * draw.value(Parameter::Watchdog),
            ),
            check_in_us: time(Parameter::CheckIn),
            heartbeat_us: time(Parameter::HeartbeatPeriod).max(1),
            detect_us: time(Parameter::Detect),
            status_us: time(Parameter::StatusPeriod).max(1),
            tls_timeout_us: class.tls_timeout_s.map_or(NEVER, micros),
            held_us: u64::from(held) * 1_000,
            dns: Compiled::new(stack.dns),
            syn: Compiled::new(stack.syn),
            dhcp: Compiled::new(stack.dhcp),
            back_off: class.back_off,
            resets: class.resets,
            uses_eap: class.uses_eap,
            uses_dhcp: class.uses_dhcp,
            uses_dns: class.uses_dns,
        }
    }

    /// The wait before the next attempt of a pump.
    pub(super) fn wait_us(&self, seed: u64, id: u64, pump: &Pump) -> u64 {
        let failures = u32::from(pump.failures);
        let draw = |attempt: u32| uniform(seed, id, u64::from(attempt), Purpose::BackOff);
        let last = if failures == 0 {
            0.0
        } else {
            // The last wait, drawn again by its key instead of kept.
            self.back_off
                .wait_s(failures - 1, draw(pump.attempts.saturating_sub(1)), 0.0)
        };
        micros(self.back_off.wait_s(failures, draw(pump.attempts), last))
    }
}

/// The first point of a comb of this period and a pump's own phase at or after a time.
pub(super) fn comb_us(now: u64, period_us: u64, phase: f64) -> u64 {
    let offset = count(phase * float(period_us));
    if now <= offset {
        return offset;
    }
    let passed = (now - offset).div_ceil(period_us.max(1));
    offset + passed * period_us
}

/// Microseconds as seconds, for results.
pub(super) fn as_seconds(us: u64) -> f64 {
    seconds(us.min(NEVER))
}

/// Bins of one second over a run.
pub(super) fn second(us: u64) -> usize {
    crate::stress::number::index(us / SECOND_US)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pump_fits_into_128_bytes() {
        assert!(size_of::<Pump>() <= 128, "{}", size_of::<Pump>());
    }

    #[test]
    fn compiled_schedules_send_when_the_library_says() {
        for schedule in crate::client::schedule::SCHEDULES {
            let compiled = Compiled::new(schedule);
            let sent: Vec<u64> = schedule
                .transmissions(|| 0.0)
                .take(20)
                .map(|sent| sent.at_us)
                .collect();
            if matches!(schedule.spread, Spread::EachGapAround(_)) {
                continue;
            }
            for (number, at) in (0..).zip(&sent) {
                assert_eq!(
                    compiled.time_us(number, || 0.0),
                    Some(*at),
                    "{} {number}",
                    schedule.id
                );
            }
        }
    }

    #[test]
    fn combs_meet_their_phase() {
        assert_eq!(comb_us(0, 10, 0.5), 5);
        assert_eq!(comb_us(5, 10, 0.5), 5);
        assert_eq!(comb_us(6, 10, 0.5), 15);
    }
}
