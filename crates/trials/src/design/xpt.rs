//! SAS transport files, version 5 (TS-140): 80-byte records, names of 8, labels of 40, texts of 200, IBM floats.

use super::dataset::{Cell, Dataset};
use super::words::ascii;

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/// The file of one dataset; `created` is `YYYY-MM-DD…`.
pub(crate) fn write(dataset: &Dataset, created: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let stamp = stamp(created);
    let header = |kind: &str, tail: &str| format!("HEADER RECORD*******{kind:<8}HEADER RECORD!!!!!!!{tail:<30}  ");
    record(&mut out, &header("LIBRARY", "000000000000000000000000000000"));
    record(&mut out, &format!("SAS     SAS     SASLIB  9.4     {:<8}{:24}{stamp}", "CANDOR", ""));
    record(&mut out, &stamp);
    record(&mut out, &header("MEMBER", "000000000000000001600000000140"));
    record(&mut out, &header("DSCRPTR", "000000000000000000000000000000"));
    record(&mut out, &format!("SAS     {:<8}SASDATA 9.4     {:<8}{:24}{stamp}", fixed(&dataset.name, 8), "CANDOR", ""));
    record(&mut out, &format!("{stamp}{:16}{:<40}{:8}", "", fixed(&dataset.label, 40), ""));
    record(&mut out, &header("NAMESTR", &format!("000000{:04}00000000000000000000", dataset.columns.len())));
    let widths: Vec<usize> = (0..dataset.columns.len()).map(|at| width(dataset, at)).collect();
    let mut position: u32 = 0;
    let from = out.len();
    for (at, (column, width)) in dataset.columns.iter().zip(&widths).enumerate() {
        let short = |value: usize| u16::try_from(value).unwrap_or(u16::MAX).to_be_bytes();
        out.extend(short(if column.numeric { 1 } else { 2 }));
        out.extend([0, 0]);
        out.extend(short(*width));
        out.extend(short(at + 1));
        out.extend(format!("{:<8}{:<40}{:8}", fixed(&column.name, 8), fixed(&column.label, 40), "").bytes());
        out.extend([0; 8]);
        out.extend([b' '; 8]);
        out.extend([0; 4]);
        out.extend(position.to_be_bytes());
        out.extend([0; 52]);
        position += u32::try_from(*width).unwrap_or(0);
    }
    pad(&mut out, from);
    record(&mut out, &header("OBS", "000000000000000000000000000000"));
    let from = out.len();
    for row in &dataset.rows {
        for ((cell, column), width) in row.iter().zip(&dataset.columns).zip(&widths) {
            match (cell, column.numeric) {
                (Cell::Number(value), true) => out.extend(ibm(*value)),
                (_, true) => out.extend([b'.', 0, 0, 0, 0, 0, 0, 0]),
                (cell, false) => {
                    let text = fixed(&cell.shown(), *width);
                    out.extend(text.bytes());
                    out.extend(std::iter::repeat_n(b' ', width - text.len()));
                }
            }
        }
    }
    pad(&mut out, from);
    out
}

/// Bytes of a column: 8 for a number, the longest value for a text.
pub(crate) fn width(dataset: &Dataset, at: usize) -> usize {
    match dataset.columns.get(at) {
        Some(column) if column.numeric => 8,
        _ => dataset.length(at).min(200),
    }
}

fn record(out: &mut Vec<u8>, text: &str) {
    let from = out.len();
    out.extend(text.bytes().take(80));
    pad(out, from);
}

fn pad(out: &mut Vec<u8>, from: usize) {
    let missing = (80 - (out.len() - from) % 80) % 80;
    out.extend(std::iter::repeat_n(b' ', missing));
}

fn fixed(text: &str, width: usize) -> String {
    ascii(text).chars().take(width).collect()
}

/// `ddMMMyy:hh:mm:ss`.
fn stamp(created: &str) -> String {
    let part = |from: usize, to: usize| created.get(from..to).unwrap_or("01");
    let month = part(5, 7).parse::<usize>().unwrap_or(1);
    let name = MONTHS.get(month.saturating_sub(1)).copied().unwrap_or("JAN");
    format!("{}{name}{}:00:00:00", part(8, 10), part(2, 4))
}

/// IEEE 754 to the hexadecimal floating point of the IBM System/360.
fn ibm(value: f64) -> [u8; 8] {
    if value == 0.0 || !value.is_finite() {
        return [0; 8];
    }
    let sign = if value < 0.0 { 0x80 } else { 0 };
    let mut fraction = value.abs();
    let mut exponent: i32 = 64;
    while fraction >= 1.0 && exponent < 127 {
        fraction /= 16.0;
        exponent += 1;
    }
    while fraction < 0.0625 && exponent > 0 {
        fraction *= 16.0;
        exponent -= 1;
    }
    // The fraction has 56 bits; an IEEE fraction has 53, so nothing is lost.
    let bits = (fraction * (1_u64 << 56) as f64) as u64;
    let mut bytes = bits.to_be_bytes();
    if let Some(first) = bytes.first_mut() {
        *first = sign | u8::try_from(exponent).unwrap_or(127);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_ibm_floats() {
        assert_eq!(ibm(1.0), [0x41, 0x10, 0, 0, 0, 0, 0, 0]);
        assert_eq!(ibm(-118.625), [0xc2, 0x76, 0xa0, 0, 0, 0, 0, 0]);
        assert_eq!(ibm(0.0), [0; 8]);
    }

    #[test]
    fn every_record_has_eighty_bytes() {
        let mut dataset = Dataset::new("TI", &["STUDYID", "DOMAIN", "IETESTCD"], &[]);
        dataset.push(&[("STUDYID", Cell::text("S")), ("DOMAIN", Cell::text("TI")), ("IETESTCD", Cell::text("IN01"))]);
        assert_eq!(write(&dataset, "2024-01-08").len() % 80, 0);
    }
}
