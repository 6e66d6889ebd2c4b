//! Numbers: conversions between seconds, microseconds and counts; logarithm and exponential.
//!
//! Only additions, products and quotients, which IEEE 754 fixes to the last bit: what a platform's
//! mathematical library does with `ln` and `exp` may differ, and the same input gives the same bytes.

/// Microseconds of a second.
pub(super) const SECOND_US: u64 = 1_000_000;

/// A count as a number.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts and microseconds stay below 2^53"
)]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}

/// A length as a number.
pub(super) fn length(count: usize) -> f64 {
    float(u64::try_from(count).unwrap_or(u64::MAX))
}

/// A number as a count: fractions dropped, negative and not-a-number become 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates at both ends, which is what is wanted"
)]
pub(super) fn count(number: f64) -> u64 {
    number as u64
}

/// Seconds as microseconds, rounded.
pub(super) fn micros(seconds: f64) -> u64 {
    count(seconds * 1e6 + 0.5)
}

/// Microseconds as seconds.
pub(super) fn seconds(micros: u64) -> f64 {
    float(micros) / 1e6
}

/// A number as a table index.
pub(super) fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Natural logarithm of a positive number.
pub(super) fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let raw = (bits >> 52) & 0x7ff;
    let mut exponent = float(raw) - 1_023.0;
    let mut mantissa = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | 0x3ff0_0000_0000_0000);
    if mantissa > std::f64::consts::SQRT_2 {
        mantissa *= 0.5;
        exponent += 1.0;
    }
    // ln m = 2 artanh((m - 1) / (m + 1)); |s| <= 0.172, so the last term is below 1e-16.
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let square = s * s;
    let mut sum = 0.0;
    let mut odd = 19.0;
    while odd > 0.5 {
        sum = sum * square + 1.0 / odd;
        odd -= 2.0;
    }
    exponent * std::f64::consts::LN_2 + 2.0 * s * sum
}

/// Exponential of a number between -700 and 700.
pub(super) fn exp(x: f64) -> f64 {
    let x = x.clamp(-700.0, 700.0);
    let scale = (x / std::f64::consts::LN_2 + if x < 0.0 { -0.5 } else { 0.5 }).trunc();
    let rest = x - scale * std::f64::consts::LN_2;
    let mut sum = 1.0;
    let mut term = 14.0;
    while term > 0.5 {
        sum = 1.0 + sum * rest / term;
        term -= 1.0;
    }
    sum * f64::from_bits(count(scale + 1_023.0) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithm_and_exponential_agree_with_the_standard_library() {
        for step in 1..2_000_u32 {
            let x = f64::from(step) * 0.037;
            assert!(
                (ln(x) - x.ln()).abs() < 1e-13 * (1.0 + x.ln().abs()),
                "ln {x}"
            );
            let y = x - 37.0;
            assert!((exp(y) - y.exp()).abs() < 1e-13 * y.exp(), "exp {y}");
        }
    }

    #[test]
    fn seconds_and_microseconds_round_trip() {
        assert_eq!(micros(18.5), 18_500_000);
        assert_eq!(micros(-1.0), 0);
        assert!((seconds(133_721_000) - 133.721).abs() < 1e-9);
    }
}
