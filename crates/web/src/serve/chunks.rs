//! Where a body in chunks ends. Extensions and trailers are refused: nobody needs them here, and readers differ on them.

/// A reader of chunks that is somewhere in a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Chunks {
    /// Before the size of a chunk.
    #[default]
    Before,
    /// In the size.
    Size { so_far: u64, digits: u8 },
    /// After the carriage return that ends the size.
    SizeEnds(u64),
    /// In the data, so many bytes before its end.
    Data(u64),
    /// Before the carriage return after the data.
    DataEnds,
    /// Before the line feed after the data.
    DataEnded,
    /// Before the carriage return of the empty line that ends the body.
    LastLine,
    /// Before the line feed of it.
    LastLineEnds,
    /// At the end.
    Done,
}

/// The most digits of a size: 2⁴⁰ bytes are more than any route takes.
const DIGITS_MAX: u8 = 10;

impl Chunks {
    /// Reads on. How many of the bytes belong to the body, or none at all if they are not chunks.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(byte) = bytes.get(at)
            && *self != Self::Done
        {
            if let Self::Data(left) = *self {
                let taken = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len() - at);
                let left = left - taken as u64;
                at += taken;
                *self = if left == 0 { Self::DataEnds } else { Self::Data(left) };
            } else {
                *self = self.after(*byte)?;
                at += 1;
            }
        }
        Some(at)
    }

    fn after(self, byte: u8) -> Option<Self> {
        match (self, byte) {
            (Self::Before, _) => Some(Self::Size { so_far: hex(byte)?, digits: 1 }),
            (Self::Size { so_far, .. }, b'\r') => Some(Self::SizeEnds(so_far)),
            (Self::Size { so_far, digits }, _) if digits < DIGITS_MAX => {
                Some(Self::Size { so_far: so_far * 16 + hex(byte)?, digits: digits + 1 })
            }
            (Self::SizeEnds(0), b'\n') => Some(Self::LastLine),
            (Self::SizeEnds(size), b'\n') => Some(Self::Data(size)),
            (Self::DataEnds, b'\r') => Some(Self::DataEnded),
            (Self::DataEnded, b'\n') => Some(Self::Before),
            (Self::LastLine, b'\r') => Some(Self::LastLineEnds),
            (Self::LastLineEnds, b'\n') => Some(Self::Done),
            _ => None,
        }
    }
}

fn hex(byte: u8) -> Option<u64> {
    char::from(byte).to_digit(16).map(u64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_found_however_the_bytes_arrive() {
        let body = b"5\r\nhello\r\n1A\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\nGET /";
        let mut whole = Chunks::default();
        assert_eq!((whole.read(body), whole), (Some(body.len() - 5), Chunks::Done));
        let mut single = Chunks::default();
        let read: usize = body.iter().map(|byte| single.read(&[*byte]).unwrap()).sum();
        assert_eq!((read, single), (body.len() - 5, Chunks::Done));
    }

    #[test]
    fn what_readers_differ_on_is_refused() {
        for body in [
            "5;a=b\r\nhello\r\n",
            "5 \r\nhello\r\n",
            "+5\r\nhello\r\n",
            "0x5\r\nhello\r\n",
            "5\nhello\r\n",
            "5\r\nhello\n",
            "5\r\nhelloo\r\n",
            "\r\n",
            "0\r\nTrailer: x\r\n\r\n",
            "FFFFFFFFFFF\r\n",
        ] {
            assert_eq!(Chunks::default().read(body.as_bytes()), None, "{body:?}");
        }
    }
}
