//! Paths without empty, self and parent segments.

pub(super) fn forward_slashes(value: &[u8]) -> Vec<u8> {
    value.iter().map(|byte| if *byte == b'\\' { b'/' } else { *byte }).collect()
}

pub(super) fn normalise(value: &[u8]) -> Vec<u8> {
    let rooted = value.first() == Some(&b'/');
    let directory = value.last() == Some(&b'/');
    let mut kept: Vec<&[u8]> = Vec::new();
    for segment in value.split(|byte| *byte == b'/') {
        match segment {
            b"" | b"." => {}
            b".." if kept.last().is_some_and(|last| *last != b"..") => {
                kept.pop();
            }
            // Above the root there is nothing; above a relative path the climb is what matters.
            b".." if rooted => {}
            _ => kept.push(segment),
        }
    }
    let mut out = Vec::with_capacity(value.len());
    if rooted {
        out.push(b'/');
    }
    out.extend(kept.join(&b'/'));
    if directory && !kept.is_empty() {
        out.push(b'/');
    }
    out
}
