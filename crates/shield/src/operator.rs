//! Operators: what a rule looks for in a value.

use crate::byteset::ByteSet;
use crate::macros::Macro;
use crate::pattern::Pattern;
use crate::program::Names;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// One operator with its argument, ready to run.
pub(crate) struct Operator {
    pub test: Test,
    /// A value without these bytes in it cannot match.
    pub needs_bytes: Vec<ByteSet>,
    /// Its place among the operators that need one of a list of texts.
    pub gate: Option<usize>,
    /// The texts of that list until the gates are built.
    pub literals: Option<Vec<Vec<u8>>>,
}

pub(crate) enum Test {
    Rx(Box<Pattern>),
    /// A pattern with `%{…}` in it, compiled for each text that it becomes.
    RxOf(Macro, Box<Expanded>),
    Phrases(Box<AhoCorasick>),
    StrEq(Macro),
    Contains(Macro),
    ContainsWord(Macro),
    BeginsWith(Macro),
    EndsWith(Macro),
    Within(Macro),
    Number(Comparison, Macro),
    ByteRange(Box<ByteSet>),
    Address(Vec<Network>),
    Sql,
    Script,
    UrlEncoding,
    Utf8Encoding,
    Always,
    /// Needs the outside world (geography, block lists), which a pure inspection does not have.
    Never,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Comparison {
    Eq,
    Ge,
    Gt,
    Le,
    Lt,
}

impl Comparison {
    pub(crate) fn holds(self, left: i64, right: i64) -> bool {
        match self {
            Self::Eq => left == right,
            Self::Ge => left >= right,
            Self::Gt => left > right,
            Self::Le => left <= right,
            Self::Lt => left < right,
        }
    }
}

/// An address range in prefix notation.
pub(crate) struct Network {
    bits: u128,
    mask: u128,
    is_v4: bool,
}

impl Network {
    fn parse(text: &str) -> Result<Self, String> {
        let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
        let address: IpAddr = address.trim().parse().map_err(|_| format!("{address} is not an address"))?;
        let (bits, width, is_v4) = number(address);
        let length = match length {
            None => width,
            Some(length) => length.parse::<u32>().ok().filter(|length| *length <= width).ok_or("a prefix too long")?,
        };
        let mask = if length == 0 { 0 } else { u128::MAX << (width - length) };
        Ok(Self { bits: bits & mask, mask, is_v4 })
    }

    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        let (bits, _, is_v4) = number(address);
        is_v4 == self.is_v4 && bits & self.mask == self.bits
    }
}

fn number(address: IpAddr) -> (u128, u32, bool) {
    match address.to_canonical() {
        IpAddr::V4(address) => (u128::from(u32::from(address)), 32, true),
        IpAddr::V6(address) => (u128::from(address), 128, false),
    }
}

/// The patterns that one macro became, a few of them kept.
#[derive(Default)]
pub(crate) struct Expanded(Mutex<Vec<(Vec<u8>, Arc<Pattern>)>>);

const EXPANDED_MAX: usize = 8;

impl Expanded {
    /// The pattern for a text; none when it is not a pattern, which then matches nothing.
    pub(crate) fn pattern(&self, source: &[u8]) -> Option<Arc<Pattern>> {
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, pattern)) = list.iter().find(|(known, _)| known == source) {
            return Some(Arc::clone(pattern));
        }
        let pattern = Arc::new(Pattern::compile(source).ok()?);
        if list.len() >= EXPANDED_MAX {
            list.remove(0);
        }
        list.push((source.to_vec(), Arc::clone(&pattern)));
        Some(pattern)
    }
}

/// Where the phrases of `@pmFromFile` come from.
pub(crate) type DataFile<'d> = &'d dyn Fn(&str) -> Result<Vec<u8>, String>;

impl Operator {
    /// Compiles the operator `name` (without `@`) with its argument.
    pub(crate) fn compile(name: &str, argument: &[u8], names: &mut Names, data: DataFile) -> Result<Self, String> {
        let mut text = || Macro::parse(argument, names);
        let test = match name.to_ascii_lowercase().as_str() {
            "rx" if argument.windows(2).any(|two| two == b"%{") => Test::RxOf(text()?, Box::default()),
            "rx" => return Self::rx(argument),
            "pm" => return Self::phrases(argument.split(u8::is_ascii_whitespace).map(<[u8]>::to_vec).collect()),
            "pmfromfile" | "pmf" => return Self::phrases(phrases_of_files(argument, data)?),
            "streq" => Test::StrEq(text()?),
            "contains" => Test::Contains(text()?),
            "containsword" => Test::ContainsWord(text()?),
            "beginswith" => Test::BeginsWith(text()?),
            "endswith" => Test::EndsWith(text()?),
            "within" => Test::Within(text()?),
            "eq" => Test::Number(Comparison::Eq, text()?),
            "ge" => Test::Number(Comparison::Ge, text()?),
            "gt" => Test::Number(Comparison::Gt, text()?),
            "le" => Test::Number(Comparison::Le, text()?),
            "lt" => Test::Number(Comparison::Lt, text()?),
            "validatebyterange" => Test::ByteRange(Box::new(byte_range(argument)?)),
            "ipmatch" => Test::Address(networks(&String::from_utf8_lossy(argument))?),
            "ipmatchfromfile" | "ipmatchf" => Test::Address(networks_of_files(argument, data)?),
            "detectsqli" => Test::Sql,
            "detectxss" => Test::Script,
            "validateurlencoding" => Test::UrlEncoding,
            "validateutf8encoding" => Test::Utf8Encoding,
            "unconditionalmatch" => Test::Always,
            "nomatch" | "geolookup" | "rbl" => Test::Never,
            _ => return Err(format!("the operator @{name} is outside the subset")),
        };
        let needs_bytes = match &test {
            Test::UrlEncoding => vec![ByteSet::of(b"%")],
            Test::Utf8Encoding => vec![ByteSet::range(0x80, 0xff)],
            _ => Vec::new(),
        };
        Ok(Self { test, needs_bytes, gate: None, literals: None })
    }

    pub(crate) fn always() -> Self {
        Self { test: Test::Always, needs_bytes: Vec::new(), gate: None, literals: None }
    }

    fn rx(pattern: &[u8]) -> Result<Self, String> {
        let pattern = Pattern::compile(pattern)?;
        let needs = pattern.needs().clone();
        Ok(Self { test: Test::Rx(Box::new(pattern)), needs_bytes: needs.bytes, gate: None, literals: needs.literals })
    }

    fn phrases(mut list: Vec<Vec<u8>>) -> Result<Self, String> {
        list.retain(|phrase| !phrase.is_empty());
        list.iter_mut().for_each(|phrase| phrase.make_ascii_lowercase());
        list.sort();
        list.dedup();
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(&list)
            .map_err(|error| error.to_string())?;
        Ok(Self { test: Test::Phrases(Box::new(automaton)), needs_bytes: Vec::new(), gate: None, literals: Some(list) })
    }
}

fn phrases_of_files(argument: &[u8], data: DataFile) -> Result<Vec<Vec<u8>>, String> {
    let mut list = Vec::new();
    for name in String::from_utf8_lossy(argument).split_whitespace() {
        for line in data(name)?.split(|byte| *byte == b'\n') {
            let line = line.trim_ascii();
            if !line.is_empty() && !line.starts_with(b"#") {
                list.push(line.to_vec());
            }
        }
    }
    Ok(list)
}

fn networks(list: &str) -> Result<Vec<Network>, String> {
    list.split(',').map(str::trim).filter(|item| !item.is_empty()).map(Network::parse).collect()
}

fn networks_of_files(argument: &[u8], data: DataFile) -> Result<Vec<Network>, String> {
    let mut list = Vec::new();
    for phrase in phrases_of_files(argument, data)? {
        list.push(Network::parse(&String::from_utf8_lossy(&phrase))?);
    }
    Ok(list)
}

fn byte_range(argument: &[u8]) -> Result<ByteSet, String> {
    let text = String::from_utf8_lossy(argument);
    let mut allowed = ByteSet::EMPTY;
    for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        let (from, to) = item.split_once('-').unwrap_or((item, item));
        match (from.trim().parse::<u8>(), to.trim().parse::<u8>()) {
            (Ok(from), Ok(to)) if from <= to => allowed = allowed.union(&ByteSet::range(from, to)),
            _ => return Err(format!("{item} is not a range of bytes")),
        }
    }
    Ok(allowed)
}

/// A percent sign that two hexadecimal digits do not follow.
pub(crate) fn bad_url_encoding(value: &[u8]) -> bool {
    let digits =
        |place: usize| value.get(place + 1..place + 3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
    value.iter().enumerate().any(|(place, byte)| *byte == b'%' && !digits(place))
}

/// Whether `needle` stands in `hay`.
pub(crate) fn contains(hay: &[u8], needle: &[u8]) -> bool {
    needle.is_empty() || hay.windows(needle.len()).any(|window| window == needle)
}

/// Whether `needle` stands in `hay` as a word of its own.
pub(crate) fn contains_word(hay: &[u8], needle: &[u8]) -> bool {
    let is_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    needle.is_empty()
        || hay.windows(needle.len()).enumerate().any(|(place, window)| {
            let before = place.checked_sub(1).and_then(|index| hay.get(index));
            window == needle && !is_word(before) && !is_word(hay.get(place + needle.len()))
        })
}

/// The leading number of a value, as C's `atoi` reads it.
pub(crate) fn integer(value: &[u8]) -> i64 {
    let value = value.trim_ascii_start();
    let (sign, digits) = match value.split_first() {
        Some((b'-', rest)) => (-1, rest),
        Some((b'+', rest)) => (1, rest),
        _ => (1, value),
    };
    let digits = digits.iter().take_while(|byte| byte.is_ascii_digit());
    sign * digits.fold(0i64, |value, digit| value.saturating_mul(10).saturating_add(i64::from(digit - b'0')))
}
