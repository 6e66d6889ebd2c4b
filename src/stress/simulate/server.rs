//! Servers: workers, a queue in order, a bound on it, a rate limit.
//!
//! A request's end is known when it arrives, since work is done in order of arrival and is not
//! preempted; servers therefore need no events of their own. Where the last is served first, a
//! request that waits is told when it may be answered at the soonest, and asks again then.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use crate::stress::fleet::{Discipline, Server};
use crate::stress::number::{SECOND_US, float, length, micros};

/// A pump and the number of its attempt.
pub(super) type Asker = (u64, u32);

/// Nobody: whoever asked waits no more.
const NOBODY: Asker = (u64::MAX, 0);

/// A request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Request {
    /// Who asks.
    pub(super) asker: Asker,
    /// Its group.
    pub(super) group: u16,
    /// Work; 1 for the mean.
    pub(super) work: f64,
    /// How long it waits.
    pub(super) patience_us: u64,
    /// Whether the server holds its connection already: then it is never dropped.
    pub(super) is_held: bool,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// It is dropped in silence.
    Dropped,
    /// Its answer leaves the server at this time; never, where nobody waits for it any more.
    Answered(u64),
    /// Its answer leaves the server at this time at the soonest: others may come and be served before.
    Waits(u64),
}

/// How many times slower the server is for a request at a time.
pub(super) type Slowdown<'a> = &'a dyn Fn(&Request, u64) -> f64;

/// A server that is as fast as ever, or whose slowness is in the work already.
pub(super) const STEADY: Slowdown<'static> = &|_, _| 1.0;

/// A server at work.
#[derive(Debug, Clone)]
pub(super) struct Station {
    /// When each worker is free.
    free_us: Vec<u64>,
    /// When waiting requests start.
    starts: VecDeque<u64>,
    /// Waiting requests, where the last is served first.
    stack: Vec<Request>,
    /// When answers leave to those that waited there.
    answered: FxHashMap<Asker, u64>,
    /// Work for a request.
    service_us: f64,
    /// Work for a message.
    message_us: f64,
    /// Whether service times are exponential.
    pub(super) exponential: bool,
    /// Waiting requests at most.
    backlog: Option<usize>,
    /// What becomes of waiting and abandoned work.
    discipline: Discipline,
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
            stack: Vec::new(),
            answered: FxHashMap::default(),
            service_us: server.service_s * float(SECOND_US),
            message_us: server.message_s * float(SECOND_US),
            exponential: server.exponential,
            backlog: server
                .backlog
                .map(|limit| usize::try_from(limit).unwrap_or(usize::MAX)),
            discipline: server.discipline,
            tokens: server.tokens,
            level: (server.tokens.map_or(0.0, |(_, burst)| burst), 0),
            timeout_us: micros(server.timeout_s),
            queue_max: 0,
            served: 0,
            dropped: 0,
            wasted: 0,
        }
    }

    /// Admits a request.
    pub(super) fn submit(
        &mut self,
        now: u64,
        request: &Request,
        slowdown: Slowdown<'_>,
    ) -> Admission {
        while self.starts.front().is_some_and(|start| *start <= now) {
            self.starts.pop_front();
        }
        self.settle(now, slowdown);
        if !request.is_held && !self.has_token(now) {
            self.dropped += 1;
            return Admission::Dropped;
        }
        let start = self.free_us.iter().min().map_or(now, |free| now.max(*free));
        if start > now {
            let waiting = self.starts.len().max(self.stack.len());
            if !request.is_held && self.backlog.is_some_and(|limit| waiting >= limit) {
                self.dropped += 1;
                return Admission::Dropped;
            }
            self.queue_max = self.queue_max.max(waiting + 1);
            match self.discipline {
                Discipline::Lifo => {
                    self.stack.push(*request);
                    return Admission::Waits(self.soonest(0, request));
                }
                Discipline::CancelOnDisconnect if start - now > request.patience_us => {
                    return Admission::Answered(u64::MAX);
                }
                Discipline::Fifo | Discipline::CancelOnDisconnect => self.starts.push_back(start),
            }
        }
        Admission::Answered(self.work_on(start, request, slowdown))
    }

    /// Gives a request to the worker that is free first; when its answer leaves.
    fn work_on(&mut self, start: u64, request: &Request, slowdown: Slowdown<'_>) -> u64 {
        let service = self.service_us * request.work * slowdown(request, start);
        self.served += 1;
        self.occupy(start, service)
    }

    /// Occupies the worker that is free first; until when.
    fn occupy(&mut self, start: u64, service_us: f64) -> u64 {
        let end = start + crate::stress::number::count(service_us + 0.5);
        if let Some(worker) = self.free_us.iter_mut().min() {
            *worker = end;
        }
        end
    }

    /// Takes messages of a pump that is back, in order with everything else; they take no place in
    /// the backlog. When the last is taken.
    pub(super) fn flush(
        &mut self,
        now: u64,
        messages: u32,
        request: &Request,
        slowdown: Slowdown<'_>,
    ) -> u64 {
        self.settle(now, slowdown);
        let start = self.free_us.iter().min().map_or(now, |free| now.max(*free));
        let service = self.message_us * f64::from(messages) * slowdown(request, start);
        self.occupy(start, service)
    }

    /// Begins whatever waits on the stack and has found a worker by now.
    fn settle(&mut self, now: u64, slowdown: Slowdown<'_>) {
        if self.stack.is_empty() {
            return;
        }
        while let Some(free) = self.free_us.iter().min().copied()
            && free <= now
            && let Some(request) = self.stack.pop()
        {
            let end = self.work_on(free, &request, slowdown);
            self.keep(request.asker, end);
        }
    }

    /// When a request with so many above it is answered at the soonest.
    fn soonest(&self, above: usize, request: &Request) -> u64 {
        let free = self.free_us.iter().min().copied().unwrap_or(0);
        // A drawn service may be as short as can be.
        let before = above.saturating_sub(self.free_us.len()) / self.free_us.len().max(1);
        let each = if self.exponential {
            0.0
        } else {
            self.service_us
        };
        let least = each * length(before) + self.service_us * request.work;
        free.saturating_add(crate::stress::number::count(least))
            .max(free + 1)
    }

    /// Remembers an answer for who asks again, where that is done.
    pub(super) fn keep(&mut self, asker: Asker, end: u64) {
        if self.discipline == Discipline::Lifo && asker != NOBODY {
            let soonest = self.answered.entry(asker).or_insert(end);
            *soonest = end.min(*soonest);
        }
    }

    /// What has become of a request that waits; `None`: none does.
    pub(super) fn ask_again(
        &mut self,
        asker: Asker,
        now: u64,
        slowdown: Slowdown<'_>,
    ) -> Option<Admission> {
        if self.discipline != Discipline::Lifo {
            return None;
        }
        self.settle(now, slowdown);
        if let Some(end) = self.answered.remove(&asker) {
            return Some(Admission::Answered(end));
        }
        let mut from_top = self.stack.iter().rev().enumerate();
        let (above, request) = from_top.find(|(_, request)| request.asker == asker)?;
        Some(Admission::Waits(self.soonest(above, request)))
    }

    /// Whoever asked waits no more; the work stays.
    pub(super) fn abandon(&mut self, asker: Asker) {
        self.answered.remove(&asker);
        for request in &mut self.stack {
            if request.asker == asker {
                request.asker = NOBODY;
            }
        }
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
        self.starts.iter().filter(|start| **start > now).count() + self.stack.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A request of a pump.
    fn request(pump: u64) -> Request {
        Request {
            asker: (pump, 1),
            group: 0,
            work: 1.0,
            patience_us: u64::MAX,
            is_held: false,
        }
    }

    /// When a pump that asks again as it is told is answered, while others come every 0.3 s.
    fn answered(station: &mut Station, pump: u64, others: u64) -> u64 {
        let mut comes: Vec<u64> = (1..=others).map(|number| number * 300_000).collect();
        let mut now = 0;
        loop {
            let at = match station.ask_again((pump, 1), now, STEADY).unwrap() {
                Admission::Answered(at) => return at,
                Admission::Waits(at) => at,
                Admission::Dropped => panic!("dropped"),
            };
            assert!(at > now);
            while let Some(next) = comes.first().copied().filter(|next| *next <= at) {
                comes.remove(0);
                station.submit(next, &request(1_000 + next), STEADY);
            }
            now = at;
        }
    }

    #[test]
    fn where_the_last_is_served_first_the_first_waits_for_all_who_come() {
        let server = Server {
            discipline: Discipline::Lifo,
            ..Server::new(1, 1.0, None, 60.0)
        };
        let mut station = Station::new(&server);
        for pump in 0..4 {
            station.submit(0, &request(pump), STEADY);
        }
        let mut alone = station.clone();
        // The first is at work at once; of the others the last comes next.
        assert_eq!(answered(&mut alone.clone(), 3, 0), 2_000_000);
        assert_eq!(answered(&mut alone, 1, 0), 4_000_000);
        // Four more come within 1.2 s.
        assert_eq!(answered(&mut station, 1, 4), 8_000_000);
        assert_eq!(station.served, 8);
    }

    #[test]
    fn messages_keep_workers_busy_and_take_no_place_in_the_backlog() {
        let server = Server {
            message_s: 0.05,
            ..Server::new(1, 1.0, Some(1), 60.0)
        };
        let mut station = Station::new(&server);
        // 40 messages at 50 ms each.
        assert_eq!(station.flush(0, 40, &request(0), STEADY), 2_000_000);
        let admitted = station.submit(0, &request(1), STEADY);
        assert_eq!(admitted, Admission::Answered(3_000_000));
        assert_eq!(station.submit(0, &request(2), STEADY), Admission::Dropped);
        assert_eq!(station.flush(0, 1, &request(0), STEADY), 3_050_000);
    }

    #[test]
    fn a_batch_drains_as_the_closed_form_says() {
        // 500 requests at once, four workers, 40 ms each: 5.00 s in all, 2.52 s in the mean.
        let mut station = Station::new(&Server::new(4, 0.04, None, 60.0));
        let ends: Vec<u64> = (0..500)
            .map(|_| match station.submit(0, &request(0), STEADY) {
                Admission::Answered(end) => end,
                Admission::Dropped | Admission::Waits(_) => panic!("no answer"),
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
            .map(|_| bounded.submit(0, &request(0), STEADY))
            .collect();
        assert_eq!(ends[2], Admission::Answered(3_000_000));
        assert_eq!(ends[3], Admission::Dropped);
        let mut limited = Station::new(&Server {
            tokens: Some((2.0, 2.0)),
            ..Server::new(1, 0.0, None, 60.0)
        });
        let admitted = (0..100_u64)
            .filter(|step| {
                limited.submit(step * 100_000, &request(0), STEADY) != Admission::Dropped
            })
            .count();
        // Two at once and two a second over 9.9 s.
        assert_eq!(admitted, 21);
    }
}
