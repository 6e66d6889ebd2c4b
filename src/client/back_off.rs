//! Waits between a program's attempts.
//!
//! Base, factor, cap and the kinds of jitter as the AWS architecture blog names them
//! (<https://github.com/aws-samples/aws-arch-backoff-simulator>).

/// How a wait is drawn from its ceiling.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Jitter {
    /// It is the ceiling.
    None,
    /// Within this share around the ceiling.
    Proportional(f64),
    /// Half of it fixed, half drawn.
    Equal,
    /// Drawn between nothing and the ceiling.
    Full,
    /// Drawn between the base and three times the last wait.
    Decorrelated,
}

/// How long a program waits between attempts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BackOff {
    /// First wait in seconds.
    pub base_s: f64,
    /// What each ceiling is multiplied with.
    pub factor: f64,
    /// Highest ceiling in seconds.
    pub cap_s: f64,
    /// How it is drawn.
    pub jitter: Jitter,
    /// Shortest wait in seconds.
    pub floor_s: f64,
}

impl BackOff {
    /// The same wait each time.
    pub const fn fixed(seconds: f64) -> Self {
        Self {
            base_s: seconds,
            factor: 1.0,
            cap_s: seconds,
            jitter: Jitter::None,
            floor_s: 0.0,
        }
    }

    /// Ceiling of the wait after the failure of this number, counted from 0.
    pub fn ceiling_s(&self, failures: u32) -> f64 {
        let mut ceiling = self.base_s;
        // Products instead of a power: the same bytes on every platform.
        for _ in 0..failures.min(64) {
            if ceiling >= self.cap_s || self.factor <= 1.0 {
                break;
            }
            ceiling *= self.factor;
        }
        ceiling.min(self.cap_s)
    }

    /// The wait after the failure of this number; `uniform` lies from 0 up to, but not, 1.
    pub fn wait_s(&self, failures: u32, uniform: f64, last_s: f64) -> f64 {
        let ceiling = self.ceiling_s(failures);
        let wait = match self.jitter {
            Jitter::None => ceiling,
            Jitter::Proportional(share) => ceiling * (1.0 + share * (2.0 * uniform - 1.0)),
            Jitter::Equal => ceiling * (0.5 + 0.5 * uniform),
            Jitter::Full => ceiling * uniform,
            Jitter::Decorrelated => {
                let last = last_s.max(self.base_s);
                (self.base_s + uniform * (3.0 * last - self.base_s)).min(self.cap_s)
            }
        };
        wait.max(self.floor_s)
    }

    /// Shortest wait that it can ever make.
    pub fn least_s(&self) -> f64 {
        let least = match self.jitter {
            Jitter::None | Jitter::Decorrelated => self.base_s.min(self.cap_s),
            Jitter::Proportional(share) => self.base_s.min(self.cap_s) * (1.0 - share),
            Jitter::Equal => self.base_s.min(self.cap_s) * 0.5,
            Jitter::Full => 0.0,
        };
        least.max(self.floor_s)
    }

    /// Longest wait that it can ever make.
    pub fn most_s(&self) -> f64 {
        let ceiling = if self.factor > 1.0 {
            self.cap_s
        } else {
            self.base_s.min(self.cap_s)
        };
        let most = match self.jitter {
            Jitter::None | Jitter::Equal | Jitter::Full => ceiling,
            Jitter::Proportional(share) => ceiling * (1.0 + share),
            Jitter::Decorrelated => self.cap_s,
        };
        most.max(self.floor_s)
    }

    /// Mean wait of the long run.
    pub fn mean_s(&self) -> f64 {
        let ceiling = if self.factor > 1.0 {
            self.cap_s
        } else {
            self.base_s.min(self.cap_s)
        };
        match self.jitter {
            Jitter::Decorrelated => (self.cap_s * 0.5).max(self.floor_s),
            Jitter::None | Jitter::Proportional(_) | Jitter::Equal | Jitter::Full => {
                self.mean_below_s(ceiling)
            }
        }
    }

    /// Mean wait where every one is the first.
    pub fn first_mean_s(&self) -> f64 {
        self.mean_below_s(self.base_s.min(self.cap_s))
    }

    /// Mean wait below a ceiling.
    fn mean_below_s(&self, ceiling: f64) -> f64 {
        let mean = match self.jitter {
            Jitter::None | Jitter::Proportional(_) | Jitter::Decorrelated => ceiling,
            Jitter::Equal => ceiling * 0.75,
            Jitter::Full => ceiling * 0.5,
        };
        mean.max(self.floor_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_lie_between_least_and_most() {
        for jitter in [
            Jitter::None,
            Jitter::Proportional(0.2),
            Jitter::Equal,
            Jitter::Full,
            Jitter::Decorrelated,
        ] {
            let back_off = BackOff {
                base_s: 1.0,
                factor: 2.0,
                cap_s: 60.0,
                jitter,
                floor_s: 0.25,
            };
            for failures in 0..20 {
                for step in 0..10_u32 {
                    let uniform = f64::from(step) / 10.0;
                    let wait = back_off.wait_s(failures, uniform, 30.0);
                    assert!(
                        wait >= back_off.least_s() && wait <= back_off.most_s(),
                        "{jitter:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn ceilings_double_up_to_the_cap() {
        let back_off = BackOff {
            base_s: 1.0,
            factor: 2.0,
            cap_s: 60.0,
            jitter: Jitter::None,
            floor_s: 0.0,
        };
        let ceilings: Vec<u32> = (0..8)
            .map(|n| format!("{}", back_off.ceiling_s(n)).parse().unwrap())
            .collect();
        assert_eq!(ceilings, [1, 2, 4, 8, 16, 32, 60, 60]);
    }
}
