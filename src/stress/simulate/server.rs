//! Servers: workers, a queue in order, a bound on it, a rate limit.
//!
//! A request's end is known when it arrives, since work is done in order of arrival and is not
//! preempted; servers therefore need no events of their own.

use std::collections::VecDeque;

use crate::stress::fleet::{Discipline, Server};
use crate::stress::number::{SECOND_US, float, micros};

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// It is dropped in silence.
    Dropped,
    /// Its answer leaves the server at this time; never, where nobody waits for it any more.
    Answered(u64),
}

/// A server at work.
#[derive(Debug, Clone)]
pub(super) struct Station {
    /// When each worker is free.
    free_us: Vec<u64>,
    /// When waiting requests start.
    starts: VecDeque<u64>,
    /// Work for a request.
    service_us: f64,
    /// Whether service times are exponential.
    pub(super) exponential: bool,
    /// Waiting requests at most.
    backlog: Option<usize>,
    /// Whether abandoned work is skipped.
    cancels: bool,
    /// Requests a second and at once.
    tokens: Option<(f64, f64)>,
    /// Tokens left, and when they were counted.
    level: (f64, u64),
    /// When the client side gives up.
    pub(super) timeout_us: u64,
    /// Longest queue.
    pub(super) queue_max: usize,
    /// Requests accepted.
    pub(super) served: u64,
    /// Requests dropped.
    pub(super) dropped: u64,
    /// Requests whose client gave up before the answer.
    pub(super) wasted: u64,
}

impl Station {
    /// A server that is idle.
    pub(super) fn new(server: &Server) -> Self {
        Self {
            free_us: vec![0; usize::try_from(server.workers.max(1)).unwrap_or(1)],
            starts: VecDeque::new(),
            service_us: server.service_s * float(SECOND_US),
            exponential: server.exponential,
            backlog: server
                .backlog
                .map(|limit| usize::try_from(limit).unwrap_or(usize::MAX)),
            cancels: server.discipline == Discipline::CancelOnDisconnect,
            tokens: server.tokens,
            level: (server.tokens.map_or(0.0, |(_, burst)| burst), 0),
            timeout_us: micros(server.timeout_s),
            queue_max: 0,
            served: 0,
            dropped: 0,
            wasted: 0,
        }
    }

    /// Admits a request; `work` is 1 for the mean, `slowdown` gives the factor at a time. One whose
    /// connection is already held by the server is never dropped.
    pub(super) fn submit(
        &mut self,
        now: u64,
        work: f64,
        slowdown: impl Fn(u64) -> f64,
        patience_us: u64,
        is_held: bool,
    ) -> Admission {
        while self.starts.front().is_some_and(|start| *start <= now) {
            self.starts.pop_front();
        }
        if !is_held && !self.has_token(now) {
            self.dropped += 1;
            return Admission::Dropped;
        }
        let Some(worker) = self.free_us.iter_mut().min() else {
            return Admission::Dropped;
        };
        let start = (*worker).max(now);
        if start > now {
            if !is_held && self.backlog.is_some_and(|limit| self.starts.len() >= limit) {
                self.dropped += 1;
                return Admission::Dropped;
            }
            if self.cancels && start - now > patience_us {
                return Admission::Answered(u64::MAX);
            }
            self.starts.push_back(start);
            self.queue_max = self.queue_max.max(self.starts.len());
        }
        let service = self.service_us * work * slowdown(start);
        let end = start + crate::stress::number::count(service + 0.5);
        *worker = end;
        self.served += 1;
        Admission::Answered(end)
    }

    /// Takes a token, where the rate is limited.
    fn has_token(&mut self, now: u64) -> bool {
        let Some((rate, burst)) = self.tokens else {
            return true;
        };
        let (level, counted) = self.level;
        let gained = float(now.saturating_sub(counted)) / float(SECOND_US) * rate;
        let level = (level + gained).min(burst);
        let has = level >= 1.0;
        self.level = (if has { level - 1.0 } else { level }, now);
        has
    }

    /// Requests waiting at a time.
    #[cfg(test)]
    pub(super) fn waiting(&self, now: u64) -> usize {
        self.starts.iter().filter(|start| **start > now).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_drains_as_the_closed_form_says() {
        // 500 requests at once, four workers, 40 ms each: 5.00 s in all, 2.52 s in the mean.
        let mut station = Station::new(&Server::new(4, 0.04, None, 60.0));
        let ends: Vec<u64> = (0..500)
            .map(|_| match station.submit(0, 1.0, |_| 1.0, u64::MAX, false) {
                Admission::Answered(end) => end,
                Admission::Dropped => panic!("dropped"),
            })
            .collect();
        assert_eq!(ends.iter().max(), Some(&5_000_000));
        assert_eq!(ends.iter().sum::<u64>() / 500, 2_520_000);
        assert_eq!(station.waiting(0), 496);
    }

    #[test]
    fn a_full_backlog_and_an_empty_bucket_drop_in_silence() {
        let mut bounded = Station::new(&Server::new(1, 1.0, Some(2), 60.0));
        let ends: Vec<Admission> = (0..4)
            .map(|_| bounded.submit(0, 1.0, |_| 1.0, u64::MAX, false))
            .collect();
        assert_eq!(ends[2], Admission::Answered(3_000_000));
        assert_eq!(ends[3], Admission::Dropped);
        let mut limited = Station::new(&Server {
            tokens: Some((2.0, 2.0)),
            ..Server::new(1, 0.0, None, 60.0)
        });
        let admitted = (0..100_u64)
            .filter(|step| {
                limited.submit(step * 100_000, 1.0, |_| 1.0, u64::MAX, false) != Admission::Dropped
            })
            .count();
        // Two at once and two a second over 9.9 s.
        assert_eq!(admitted, 21);
    }
}
