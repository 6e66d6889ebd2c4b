//! Closed forms of queues and herds, in steady state and after a change.

use crate::stress::number::{exp, float, index, ln};

/// Share of requests that M/M/c/c loses (Erlang B).
pub fn erlang_b(servers: u32, offered: f64) -> f64 {
    (1..=servers).fold(1.0, |loss, number| {
        let product = offered * loss;
        product / (f64::from(number) + product)
    })
}

/// Share of requests that wait in M/M/c (Erlang C); 1 where the load exceeds the servers.
pub fn erlang_c(servers: u32, offered: f64) -> f64 {
    let servers_f = f64::from(servers);
    if offered >= servers_f {
        return 1.0;
    }
    let loss = erlang_b(servers, offered);
    servers_f * loss / (servers_f - offered * (1.0 - loss))
}

/// Mean wait in M/M/c.
pub fn mmc_wait(servers: u32, arrivals: f64, rate: f64) -> f64 {
    let free = f64::from(servers) * rate - arrivals;
    if free <= 0.0 {
        f64::INFINITY
    } else {
        erlang_c(servers, arrivals / rate) / free
    }
}

/// Mean wait in M/D/1 with service time 1 at this load.
pub fn md1_wait(load: f64) -> f64 {
    if load >= 1.0 {
        f64::INFINITY
    } else {
        load / (2.0 * (1.0 - load))
    }
}

/// Share of requests that M/M/1/K loses.
pub fn mm1k_loss(load: f64, places: u32) -> f64 {
    // The ratio of the last term of a geometric series to its sum, in an order without cancellation.
    let mut term = 1.0;
    let mut sum = 1.0;
    for _ in 0..places {
        term *= load;
        sum += term;
    }
    term / sum
}

/// Seconds until a batch is served, and the mean over the batch.
pub fn batch_drain(requests: u32, servers: u32, service_s: f64) -> (f64, f64) {
    let (all, workers) = (u64::from(requests), u64::from(servers.max(1)));
    let rounds = all.div_ceil(workers);
    let full = all / workers;
    let rest = all % workers;
    let sum = float(workers) * float(full * (full + 1) / 2) + float(rest * (full + 1));
    (
        float(rounds) * service_s,
        sum * service_s / float(all.max(1)),
    )
}

/// Expected largest count of a one-second bin when clients come evenly over so many seconds.
pub fn expected_peak(clients: u32, seconds: u32) -> f64 {
    let mean = f64::from(clients) / f64::from(seconds.max(1));
    let most = index(crate::stress::number::count(
        mean + 12.0 * mean.sqrt() + 40.0,
    ));
    // Poisson probabilities by their logarithm: the first ones underflow.
    let mut log_term = -mean;
    let mut below = 0.0_f64;
    let mut peak = 0.0;
    for number in 0..=most {
        if number > 0 {
            log_term += ln(mean) - ln(crate::stress::number::length(number));
        }
        if log_term > -690.0 {
            below += exp(log_term);
        }
        let all = (0..seconds).fold(1.0, |product, _| product * below.min(1.0));
        peak += 1.0 - all;
    }
    peak
}

/// Largest synchronized herd that a server frees itself of: N* = rate (2 timeout + wait).
///
/// First in, first out, work is done although its client has given up, clients try again after the
/// mean wait. Above it, all service goes to clients that are no longer there.
pub fn herd_threshold(rate: f64, timeout_s: f64, wait_s: f64) -> f64 {
    rate * (2.0 * timeout_s + wait_s)
}

/// Longest backlog with which no herd can stick: rate times timeout.
pub fn curing_backlog(rate: f64, timeout_s: f64) -> f64 {
    rate * timeout_s
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stress::random::{Purpose, Stream};

    /// Asserts a value to its last printed digit.
    fn near(value: f64, expected: f64, digit: f64) {
        assert!(
            (value - expected).abs() <= digit,
            "{value}, expected {expected}"
        );
    }

    #[test]
    fn queues_have_their_known_values() {
        near(mmc_wait(1, 0.8, 1.0), 4.0, 1e-9);
        near(erlang_b(4, 3.2), 0.228_145, 5e-7);
        near(erlang_c(4, 3.2), 0.596_432, 5e-7);
        near(mmc_wait(4, 3.2, 1.0), 0.745_541, 5e-7);
        near(erlang_b(16, 14.4), 0.126_412, 5e-7);
        near(erlang_c(16, 14.4), 0.591_343, 5e-7);
        near(mmc_wait(16, 14.4, 1.0), 0.369_590, 5e-7);
        near(md1_wait(0.5), 0.5, 1e-12);
        near(md1_wait(0.8), 2.0, 1e-12);
        near(md1_wait(0.9), 4.5, 1e-12);
        near(mm1k_loss(0.8, 10), 0.023_493, 5e-7);
        near(mm1k_loss(2.0, 10), 0.500_244, 5e-7);
        near(batch_drain(500, 4, 0.04).0, 5.0, 1e-9);
        near(batch_drain(500, 4, 0.04).1, 2.52, 1e-9);
    }

    #[test]
    fn peaks_and_thresholds_have_their_known_values() {
        near(expected_peak(500, 60), 15.7, 0.05);
        near(expected_peak(5_000, 60), 105.2, 0.05);
        near(expected_peak(500, 5), 111.8, 0.05);
        near(expected_peak(100_000, 60), 1_762.1, 0.5);
        near(herd_threshold(100.0, 10.0, 5.0), 2_500.0, 1e-9);
        near(herd_threshold(40.0, 30.0, 60.0), 4_800.0, 1e-9);
        near(curing_backlog(100.0, 10.0), 1_000.0, 1e-9);
        near(curing_backlog(40.0, 30.0), 1_200.0, 1e-9);
    }

    /// Mean wait of first-in-first-out queues by simulation, with the error of its batch means.
    fn simulated(servers: usize, arrivals: f64, fixed: bool, seed: u64) -> (f64, f64) {
        let mut stream = Stream::new(seed, 0, 0, Purpose::Service);
        let mut free = vec![0.0_f64; servers];
        let mut now = 0.0;
        let batches: Vec<f64> = (0..100)
            .map(|_| {
                let mut sum = 0.0;
                for _ in 0..3_000 {
                    now += stream.exponential() / arrivals;
                    let worker = free
                        .iter_mut()
                        .min_by(|one, other| one.total_cmp(other))
                        .unwrap();
                    let start = worker.max(now);
                    sum += start - now;
                    *worker = start + if fixed { 1.0 } else { stream.exponential() };
                }
                sum / 3_000.0
            })
            .collect();
        let mean = batches.iter().sum::<f64>() / 100.0;
        let square = batches
            .iter()
            .map(|batch| (batch - mean) * (batch - mean))
            .sum::<f64>();
        (mean, (square / 99.0 / 100.0).sqrt())
    }

    #[test]
    fn simulated_waits_lie_within_three_errors_of_the_closed_forms() {
        for (servers, arrivals, fixed, expected) in [
            (1, 0.8, false, mmc_wait(1, 0.8, 1.0)),
            (4, 3.2, false, mmc_wait(4, 3.2, 1.0)),
            (16, 14.4, false, mmc_wait(16, 14.4, 1.0)),
            (1, 0.5, true, md1_wait(0.5)),
            (1, 0.8, true, md1_wait(0.8)),
        ] {
            let (mean, error) = simulated(servers, arrivals, fixed, 9);
            assert!(
                (mean - expected).abs() < 3.0 * error,
                "{servers}: {mean} +- {error}"
            );
        }
    }
}
