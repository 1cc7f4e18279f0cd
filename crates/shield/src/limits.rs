//! Bounds on what one request may cost.

/// Everything has a limit; beyond it the verdict is a refusal, not a delay.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Longest request target in bytes.
    pub uri_bytes_max: usize,
    /// Most headers, and most cookies.
    pub headers_max: usize,
    /// Longest body in bytes.
    pub body_bytes_max: usize,
    /// Most arguments: fields, leaves of a JSON document, texts and attributes of an XML document.
    pub arguments_max: usize,
    /// Deepest nesting of a JSON or XML document.
    pub depth_max: usize,
    /// Bytes that may be examined whatever the size of the request.
    pub work_bytes_max: u64,
    /// Bytes that may be examined beyond that, for each byte of the request.
    pub work_per_byte_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            uri_bytes_max: 64 * 1024,
            headers_max: 256,
            body_bytes_max: 32 * 1024 * 1024,
            arguments_max: 50_000,
            depth_max: 128,
            work_bytes_max: 64 * 1024 * 1024,
            work_per_byte_max: 512,
        }
    }
}

/// A limit that a request went beyond.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limit {
    /// The request target is too long.
    UriBytes,
    /// There are too many headers or cookies.
    Headers,
    /// The body is too long.
    BodyBytes,
    /// There are too many arguments.
    Arguments,
    /// The document is nested too deeply.
    Depth,
    /// Examining the request cost too much.
    Work,
    /// Examining the request took longer than its caller waits.
    Time,
}
