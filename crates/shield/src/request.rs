//! A request as the wire carried it.

use std::net::{IpAddr, Ipv4Addr};

/// One request, borrowed from the caller.
#[derive(Clone, Debug)]
pub struct Request<'r> {
    /// The method as sent, such as `GET`.
    pub method: &'r [u8],
    /// The request target as sent: path and query.
    pub uri: &'r [u8],
    /// The protocol as sent, such as `HTTP/1.1`.
    pub version: &'r [u8],
    /// Header names and values in order.
    pub headers: &'r [(&'r [u8], &'r [u8])],
    /// The whole body.
    pub body: &'r [u8],
    /// The address of the client.
    pub peer: IpAddr,
    /// A name for this request that nobody else can choose.
    pub unique_id: &'r [u8],
}

impl<'r> Request<'r> {
    /// A request without headers, body or known client.
    pub fn new(method: &'r [u8], uri: &'r [u8]) -> Self {
        Self {
            method,
            uri,
            version: b"HTTP/1.1",
            headers: &[],
            body: &[],
            peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
            unique_id: b"-",
        }
    }

    /// The first value of a header, by name in any case.
    pub fn header(&self, name: &[u8]) -> Option<&'r [u8]> {
        self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }

    /// The path of the target: without query, scheme and host.
    pub fn path(&self) -> &'r [u8] {
        let uri = self.target();
        let end = uri.iter().position(|byte| matches!(byte, b'?' | b'#')).unwrap_or(uri.len());
        uri.get(..end).unwrap_or_default()
    }

    /// The query of the target, without its question mark.
    pub fn query(&self) -> &'r [u8] {
        match self.uri.iter().position(|byte| *byte == b'?') {
            Some(place) => self.uri.get(place + 1..).unwrap_or_default(),
            None => &[],
        }
    }

    /// The target without scheme and host.
    pub(crate) fn target(&self) -> &'r [u8] {
        let scheme = [b"http://".as_slice(), b"https://"];
        let absolute = scheme.iter().find_map(|scheme| {
            let start = self.uri.get(..scheme.len())?;
            start.eq_ignore_ascii_case(scheme).then(|| self.uri.get(scheme.len()..)).flatten()
        });
        match absolute {
            None => self.uri,
            Some(rest) => match rest.iter().position(|byte| matches!(byte, b'/' | b'?')) {
                Some(place) => rest.get(place..).unwrap_or_default(),
                None => b"/",
            },
        }
    }
}

/// How a body is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Processor {
    None,
    Form,
    Multipart,
    Json,
    Xml,
    /// The whole body is one value; no rule of the Core Rule Set asks for it.
    Raw,
}

impl Processor {
    pub(crate) fn name(self) -> &'static [u8] {
        match self {
            Self::None => b"",
            Self::Form => b"URLENCODED",
            Self::Multipart => b"MULTIPART",
            Self::Json => b"JSON",
            Self::Xml => b"XML",
            Self::Raw => b"RAW",
        }
    }

    pub(crate) fn named(name: &str) -> Self {
        match name {
            "URLENCODED" => Self::Form,
            "MULTIPART" => Self::Multipart,
            "JSON" => Self::Json,
            "XML" => Self::Xml,
            "RAW" => Self::Raw,
            _ => Self::None,
        }
    }

    /// From the content type, with every `+json` and `+xml`.
    pub(crate) fn of(content_type: &[u8]) -> Self {
        let end = content_type.iter().position(|byte| matches!(byte, b';' | b',' | b' ')).unwrap_or(content_type.len());
        let essence = content_type.get(..end).unwrap_or_default().to_ascii_lowercase();
        match essence.as_slice() {
            b"application/x-www-form-urlencoded" => Self::Form,
            b"multipart/form-data" => Self::Multipart,
            b"application/json" | b"text/json" | b"application/x-ndjson" | b"application/ndjson" => Self::Json,
            b"application/xml" | b"text/xml" => Self::Xml,
            other if other.ends_with(b"+json") => Self::Json,
            other if other.ends_with(b"+xml") => Self::Xml,
            _ => Self::None,
        }
    }
}

/// Whether rules may want to look into a body of this type: everything but what is known to be pictures, sound, archives
/// or documents in bytes of their own, which no reader of the rules takes apart.
pub fn looks_into(content_type: &[u8]) -> bool {
    const OPAQUE: [&[u8]; 12] = [
        b"application/dicom",
        b"application/gzip",
        b"application/msword",
        b"application/octet-stream",
        b"application/pdf",
        b"application/rtf",
        b"application/vnd.ms-",
        b"application/vnd.openxmlformats",
        b"application/zip",
        b"audio/",
        b"image/",
        b"video/",
    ];
    let lower = content_type.trim_ascii_start().to_ascii_lowercase();
    // SVG and other pictures in XML are read as XML.
    Processor::of(&lower) != Processor::None || !OPAQUE.iter().any(|opaque| lower.starts_with(opaque))
}
