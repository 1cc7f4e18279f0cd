use std::net::IpAddr;
use std::sync::Arc;

use model::Time;

use crate::error::OutboundError;
use crate::record::{Outcome, Recorder, Sighting};
use crate::settings::Destination;

/// An attempt under way.
///
/// INVARIANT: it is told to the recorder exactly once, when it is dropped, so also when nobody waits for it any more.
pub(crate) struct Attempt {
    recorder: Arc<dyn Recorder>,
    sighting: Sighting,
}

impl Attempt {
    pub(crate) fn begin(recorder: Arc<dyn Recorder>, destination: &str, host: &str, at: Time) -> Self {
        let sighting = Sighting {
            destination: destination.to_owned(),
            data: None,
            host: host.to_owned(),
            address: None,
            at,
            sent_bytes: 0,
            received_bytes: 0,
            outcome: Outcome::GivenUp,
        };
        Self { recorder, sighting }
    }

    pub(crate) fn listed(&mut self, destination: &Destination) {
        self.sighting.data = Some(destination.data);
    }

    pub(crate) fn reached(&mut self, address: IpAddr) {
        self.sighting.address = Some(address);
    }

    pub(crate) fn sending(&mut self, bytes: usize) {
        self.sighting.sent_bytes = bytes as u64;
    }

    pub(crate) fn received(&mut self, bytes: usize) {
        self.sighting.received_bytes = bytes as u64;
    }

    pub(crate) fn answered(&mut self, status: u16) {
        self.sighting.outcome = Outcome::Answered(status);
    }

    pub(crate) fn failed(&mut self, error: &OutboundError) {
        if let OutboundError::ForbiddenAddress { address, .. } = error {
            self.sighting.address = Some(*address);
        }
        let refused = matches!(
            error,
            OutboundError::NotListed(_)
                | OutboundError::NotItsHost { .. }
                | OutboundError::TooSensitive(_)
                | OutboundError::Malformed(_)
                | OutboundError::ForbiddenAddress { .. }
        );
        let words = error.to_string();
        self.sighting.outcome = if refused { Outcome::Refused(words) } else { Outcome::Failed(words) };
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.recorder.saw(&self.sighting);
    }
}
