//! What a request's head in HTTP/1.1 may look like. Stricter than RFC 9112 allows, because every form that two readers
//! could read in two ways is a way to smuggle a request past the first of them.

/// How much of a head is taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) bytes_max: usize,
    pub(super) headers_max: usize,
}

/// How the body that follows is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// So many bytes, or none.
    Length(u64),
    /// Chunks.
    Chunked,
}

/// Why a head is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    /// It cannot be read in exactly one way.
    Malformed(&'static str),
    /// It is too long or has too many headers.
    TooLarge,
}

/// Where the head ends, if all of it is there: the number of bytes, the empty line included.
pub(super) fn end(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

/// What is already wrong with a head that is not all there.
pub(super) fn begun(bytes: &[u8], bounds: Bounds) -> Result<(), Wrong> {
    if bytes.len() > bounds.bytes_max {
        return Err(Wrong::TooLarge);
    }
    ended_right(bytes)
}

/// The framing of a whole head, or why it is refused.
pub(super) fn judge(head: &[u8], bounds: Bounds) -> Result<Framing, Wrong> {
    begun(head, bounds)?;
    let text = head.strip_suffix(b"\r\n\r\n").unwrap_or(head);
    let mut lines = text.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let modern = request_line(lines.next().unwrap_or(&[]))?;
    let mut seen = Seen::default();
    for (count, line) in lines.enumerate() {
        if count >= bounds.headers_max {
            return Err(Wrong::TooLarge);
        }
        seen.header(line)?;
    }
    seen.framing(modern)
}

/// INVARIANT: every line ends in CR LF, and neither stands alone; NUL stands nowhere.
fn ended_right(bytes: &[u8]) -> Result<(), Wrong> {
    let mut before = 0;
    for byte in bytes {
        match (before, *byte) {
            (b'\r', b'\n') => {}
            (b'\r', _) | (_, b'\n') => return Err(Wrong::Malformed("a line does not end in CR LF")),
            (_, 0) => return Err(Wrong::Malformed("it holds a NUL")),
            _ => {}
        }
        before = *byte;
    }
    Ok(())
}

/// Whether it is HTTP/1.1; 1.0 is the only other one.
fn request_line(line: &[u8]) -> Result<bool, Wrong> {
    let wrong = Err(Wrong::Malformed("the request line is not one"));
    let mut parts = line.split(|byte| *byte == b' ');
    let (Some(method), Some(target), Some(version), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return wrong;
    };
    let named = !method.is_empty() && method.len() <= 32 && method.iter().all(|byte| is_token(*byte));
    let aimed = !target.is_empty() && target.iter().all(u8::is_ascii_graphic);
    match version {
        b"HTTP/1.1" if named && aimed && method != b"CONNECT" => Ok(true),
        b"HTTP/1.0" if named && aimed && method != b"CONNECT" => Ok(false),
        _ => wrong,
    }
}

/// What of the headers decides where a request ends and whom it is for.
#[derive(Default)]
struct Seen {
    hosts: usize,
    length: Option<u64>,
    chunked: bool,
}

impl Seen {
    fn header(&mut self, line: &[u8]) -> Result<(), Wrong> {
        if line.first().is_some_and(|byte| matches!(byte, b' ' | b'\t')) {
            return Err(Wrong::Malformed("a header goes on in the next line"));
        }
        let at = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let (name, value) = line.split_at(at);
        if name.is_empty() || value.is_empty() || !name.iter().all(|byte| is_token(*byte)) {
            return Err(Wrong::Malformed("a header has no proper name"));
        }
        let value = value.get(1..).unwrap_or(&[]).trim_ascii();
        if !value.iter().all(|byte| *byte == b'\t' || *byte >= b' ' && *byte != 0x7f) {
            return Err(Wrong::Malformed("a header holds control characters"));
        }
        if name.eq_ignore_ascii_case(b"host") {
            self.hosts += 1;
        } else if name.eq_ignore_ascii_case(b"content-length") {
            self.length(value)?;
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            if self.chunked || !value.eq_ignore_ascii_case(b"chunked") {
                return Err(Wrong::Malformed("a transfer encoding other than chunked"));
            }
            self.chunked = true;
        }
        Ok(())
    }

    fn length(&mut self, value: &[u8]) -> Result<(), Wrong> {
        let digits = !value.is_empty() && value.len() <= 15 && value.iter().all(u8::is_ascii_digit);
        if self.length.is_some() || !digits {
            return Err(Wrong::Malformed("not exactly one length"));
        }
        self.length = Some(value.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0')));
        Ok(())
    }

    fn framing(self, modern: bool) -> Result<Framing, Wrong> {
        match (self.length, self.chunked) {
            _ if self.hosts > 1 || modern && self.hosts == 0 => Err(Wrong::Malformed("not exactly one host")),
            (Some(_), true) => Err(Wrong::Malformed("both a length and chunks")),
            (None, true) if !modern => Err(Wrong::Malformed("chunks in HTTP/1.0")),
            (None, true) => Ok(Framing::Chunked),
            (length, false) => Ok(Framing::Length(length.unwrap_or(0))),
        }
    }
}

/// A character of a token (RFC 9110 §5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { bytes_max: 1024, headers_max: 8 };

    fn check(head: &str) -> Result<Framing, Wrong> {
        judge(head.as_bytes(), BOUNDS)
    }

    #[test]
    fn a_plain_head_is_read_in_one_way() {
        assert_eq!(check("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), Ok(Framing::Length(0)));
        assert_eq!(check("GET / HTTP/1.0\r\n\r\n"), Ok(Framing::Length(0)));
        assert_eq!(check("POST /a?b HTTP/1.1\r\nhost:a\r\nContent-Length:  17 \r\n\r\n"), Ok(Framing::Length(17)));
        assert_eq!(check("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"), Ok(Framing::Chunked));
        assert_eq!(check("GET https://a/ HTTP/1.1\r\nHost: a\r\nx: \u{e9}\r\n\r\n"), Ok(Framing::Length(0)));
    }

    #[test]
    fn a_head_that_two_readers_could_read_in_two_ways_is_refused() {
        for head in [
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            "GET / HTTP/1.1\nHost: a\n\n",
            "GET / HTTP/1.1\r\nHost: a\nx: b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nx: b\rc\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nx: b\0c\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nx: b\r\n\tc\r\n\r\n",
            "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nnothing\r\n\r\n",
            "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
            "GET /\u{e9} HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /\r\n\r\n",
            "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n",
            "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        ] {
            assert!(matches!(check(head), Err(Wrong::Malformed(_))), "{head:?}");
        }
    }

    #[test]
    fn a_long_head_is_refused_before_it_ends() {
        let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "a: b\r\n".repeat(8));
        assert_eq!(check(&many), Err(Wrong::TooLarge));
        assert_eq!(begun(&[b'a'; 1025], BOUNDS), Err(Wrong::TooLarge));
        assert_eq!(begun(b"GET / HTTP/1.1\r\nHost: a\r", BOUNDS), Ok(()));
        assert!(begun(b"GET / HTTP/1.1\nHost", BOUNDS).is_err());
    }
}
