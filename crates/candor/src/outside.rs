use model::{Outside, Time};

/// The machine's clock and generator. The only place where either is read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Machine;

impl Outside for Machine {
    #[expect(clippy::disallowed_methods, reason = "this is the one clock that all others are handed")]
    fn now(&self) -> Time {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Time::from_micros(since.ok().and_then(|since| i64::try_from(since.as_micros()).ok()).unwrap_or(0))
    }

    #[expect(
        clippy::expect_used,
        reason = "without randomness no key and no token may be made: better no house at all"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        aws_lc_rs::rand::fill(bytes).expect("the machine's random generator does not work");
    }
}
