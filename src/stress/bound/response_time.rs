//! Response times of tasks with fixed priorities on one processor.
//!
//! Joseph and Pandya 1986, Audsley 1993: R = C + B + sum over higher priorities of
//! ceil((R + J) / T) C. Whole time units, so that no rounding decides.

/// A task; tasks are given with the highest priority first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Task {
    /// Cost of one job.
    pub cost: u64,
    /// Shortest time between two releases.
    pub period: u64,
    /// Latest delay of a release.
    pub jitter: u64,
    /// Longest section of a lower task that it cannot preempt.
    pub blocking: u64,
}

/// The worst response time of each task; `None`: longer than its period, or without end.
pub fn response_times(tasks: &[Task]) -> Vec<Option<u64>> {
    (0..tasks.len())
        .map(|place| {
            let (higher, rest) = tasks.split_at_checked(place)?;
            let task = rest.first()?;
            let mut response = task.cost + task.blocking;
            loop {
                let interference: u64 = higher
                    .iter()
                    .map(|other| (response + other.jitter).div_ceil(other.period) * other.cost)
                    .sum();
                let longer = task.cost + task.blocking + interference;
                if longer + task.jitter > task.period {
                    return None;
                }
                if longer == response {
                    return Some(response + task.jitter);
                }
                response = longer;
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stress::random::{Purpose, Stream};

    /// A task without jitter or blocking.
    fn task(cost: u64, period: u64) -> Task {
        Task {
            cost,
            period,
            jitter: 0,
            blocking: 0,
        }
    }

    #[test]
    fn the_published_vector_is_met() {
        // C = (3, 3, 5), T = (7, 12, 20): R = (3, 6, 20).
        let tasks = [task(3, 7), task(3, 12), task(5, 20)];
        assert_eq!(response_times(&tasks), [Some(3), Some(6), Some(20)]);
    }

    /// Longest response of each task under a preemptive scheduler, one unit at a time.
    fn scheduled(tasks: &[Task], offsets: &[u64], until: u64) -> Vec<u64> {
        let mut left = vec![0_u64; tasks.len()];
        let mut released = vec![0_u64; tasks.len()];
        let mut worst = vec![0_u64; tasks.len()];
        for now in 0..until {
            for (index, task) in tasks.iter().enumerate() {
                if now >= offsets[index] && (now - offsets[index]).is_multiple_of(task.period) {
                    left[index] += task.cost;
                    released[index] = now;
                }
            }
            if let Some(running) = left.iter().position(|rest| *rest > 0) {
                left[running] -= 1;
                if left[running] == 0 {
                    worst[running] = worst[running].max(now + 1 - released[running]);
                }
            }
        }
        worst
    }

    #[test]
    fn no_schedule_is_slower_than_the_bound_and_the_critical_instant_meets_it() {
        let mut stream = Stream::new(3, 0, 0, Purpose::Parameter);
        let mut met = 0;
        for _ in 0..200 {
            let tasks: Vec<Task> = (0..=stream.below(4))
                .map(|_| {
                    let period = 4 + stream.below(27);
                    task(1 + stream.below(period / 3), period)
                })
                .collect();
            let bounds = response_times(&tasks);
            // A task that misses its deadline would overlap itself: only sets without one are run.
            if bounds.iter().any(Option::is_none) {
                continue;
            }
            let zero = vec![0; tasks.len()];
            let critical = scheduled(&tasks, &zero, 2_000);
            let offsets: Vec<u64> = tasks.iter().map(|task| stream.below(task.period)).collect();
            let other = scheduled(&tasks, &offsets, 2_000);
            for (index, bound) in bounds.iter().enumerate() {
                assert_eq!(Some(critical[index]), *bound, "{tasks:?}");
                assert!(Some(other[index]) <= *bound, "{tasks:?} {offsets:?}");
                met += 1;
            }
        }
        assert!(met > 100, "{met}");
    }
}
