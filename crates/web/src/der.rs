//! Just enough of X.509 to know when a certificate ends.

/// When a certificate in DER ends (RFC 5280 §4.1.2.5), in seconds since 1970.
pub(crate) fn ends(certificate: &[u8]) -> Option<i64> {
    let (_, certificate, _) = element(certificate)?;
    let (_, mut fields, _) = element(certificate)?;
    // An explicit version, then serial number, algorithm and issuer, then validity.
    if let (0xa0, _, rest) = element(fields)? {
        fields = rest;
    }
    for _ in 0..3 {
        fields = element(fields)?.2;
    }
    let (_, validity, _) = element(fields)?;
    let (_, _, rest) = element(validity)?;
    let (tag, text, _) = element(rest)?;
    moment(tag, std::str::from_utf8(text).ok()?)
}

/// The first element: its tag, its content, and what follows it.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match *first {
        short @ 0..=0x7f => (usize::from(short), rest),
        long @ 0x81..=0x84 => {
            let (length, rest) = rest.split_at_checked(usize::from(long & 0x7f))?;
            (length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

/// `UTCTime` (tag 23, two digits for the year) or `GeneralizedTime` (tag 24), always in UTC.
fn moment(tag: u8, text: &str) -> Option<i64> {
    let text = text.strip_suffix('Z')?;
    let (year, rest) = text.split_at_checked(if tag == 23 { 2 } else { 4 })?;
    let year: i64 = year.parse().ok()?;
    let year = match tag {
        23 if year < 50 => 2000 + year,
        23 => 1900 + year,
        24 => year,
        _ => return None,
    };
    let mut parts = rest.as_bytes().chunks(2).map(|two| std::str::from_utf8(two).ok()?.parse::<i64>().ok());
    let mut next = || parts.next().flatten();
    let (month, day, hour, minute, second) = (next()?, next()?, next()?, next()?, next()?);
    Some(((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second)
}

/// Days from 1970-01-01 to a day of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years that begin in March: the leap day is then the last one.
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (month * 306 + 5) / 10 + day
        - 1
        - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_certificate_is_read() {
        for ((year, month, day), seconds) in
            [((2026, 3, 1), 1_772_323_200), ((2049, 12, 31), 2_524_521_600), ((2096, 2, 29), 3_981_312_000)]
        {
            let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
            params.not_after = rcgen::date_time_ymd(year, month, day);
            let certificate = params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
            assert_eq!(ends(certificate.der()), Some(seconds), "{year}");
        }
    }

    #[test]
    fn what_is_no_certificate_has_no_end() {
        assert_eq!(ends(b""), None);
        assert_eq!(ends(&[0x30, 0x82, 0xff, 0xff, 1, 2, 3]), None);
    }
}
