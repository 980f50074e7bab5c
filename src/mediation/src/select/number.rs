//! Numbers as filters are written with: `443`, `0x1bb`, `-3`, `1.5k`, `2gi`.

/// What may follow the digits, and by what it multiplies.
const FACTORS: [(&str, u64); 9] = [
    ("", 1),
    ("k", 1_000),
    ("m", 1_000_000),
    ("g", 1_000_000_000),
    ("t", 1_000_000_000_000),
    ("ki", 1 << 10),
    ("mi", 1 << 20),
    ("gi", 1 << 30),
    ("ti", 1 << 40),
];

/// A decimal number, in parts.
struct Decimal<'a> {
    is_negative: bool,
    digits: &'a str,
    fraction: &'a str,
    factor: u64,
}

fn decimal(word: &str) -> Option<Decimal<'_>> {
    let (is_negative, rest) = match word.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, word),
    };
    let (digits, rest) = split_digits(rest);
    let (fraction, suffix) = match rest.strip_prefix('.') {
        Some(rest) => split_digits(rest),
        None => ("0", rest),
    };
    let same = |(name, _): &&(&str, u64)| name.eq_ignore_ascii_case(suffix);
    let (_, factor) = FACTORS.iter().find(same)?;
    (!digits.is_empty() && !fraction.is_empty()).then_some(Decimal {
        is_negative,
        digits,
        fraction,
        factor: *factor,
    })
}

fn split_digits(text: &str) -> (&str, &str) {
    let len = text.find(|c: char| !c.is_ascii_digit());
    text.split_at(len.unwrap_or(text.len()))
}

/// A whole number, exactly; `1.5k` is one and `1.5` is none.
pub(super) fn integer(word: &str) -> Option<i128> {
    if let Some(hex) = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        // A sign is no digit.
        let is_digits = hex.chars().all(|c| c.is_ascii_hexdigit());
        return i128::from_str_radix(hex, 16).ok().filter(|_| is_digits);
    }
    let decimal = decimal(word)?;
    let fraction = decimal.fraction.trim_end_matches('0');
    let scale = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let part = if fraction.is_empty() {
        0
    } else {
        fraction.parse::<i128>().ok()?
    };
    let mantissa = decimal.digits.parse::<i128>().ok()?;
    let scaled = mantissa.checked_mul(scale)?.checked_add(part)?;
    let product = scaled.checked_mul(decimal.factor.into())?;
    let value = (product % scale == 0).then(|| product / scale)?;
    Some(if decimal.is_negative { -value } else { value })
}

/// The nearest double-precision number, if it is finite.
#[expect(
    clippy::cast_precision_loss,
    reason = "every factor is a double exactly"
)]
pub(super) fn float(word: &str) -> Option<f64> {
    let decimal = decimal(word)?;
    let text = format!("{}.{}", decimal.digits, decimal.fraction);
    let value = text.parse::<f64>().ok()? * decimal.factor as f64;
    let value = if decimal.is_negative { -value } else { value };
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_exact() {
        for (word, value) in [
            ("0", 0),
            ("007", 7),
            ("-3", -3),
            ("0x1BB", 443),
            ("1k", 1_000),
            ("1.5K", 1_500),
            ("2ki", 2_048),
            ("0.5Mi", 524_288),
            ("18446744073709551615", i128::from(u64::MAX)),
        ] {
            assert_eq!(integer(word), Some(value), "{word}");
        }
        let long = "9".repeat(40);
        for word in [
            "", "-", "1.", ".5", "1.5", "1.50", "0x", "0x-1", "1kk", "1e3", "k", "--1", &long,
        ] {
            assert_eq!(integer(word), None, "{word}");
        }
    }

    #[test]
    fn numbers_are_finite() {
        assert_eq!(float("1.5m"), Some(1_500_000.0));
        assert_eq!(float("-0.25"), Some(-0.25));
        assert_eq!(float("8"), Some(8.0));
        for word in ["inf", "nan", "1e3", "0x10", "", &"9".repeat(400)] {
            assert_eq!(float(word), None, "{word}");
        }
    }
}
