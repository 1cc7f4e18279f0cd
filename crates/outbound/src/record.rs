use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use model::Time;

use crate::DataClass;

/// Is told of every attempt to reach another machine, when it is over.
pub trait Recorder: Send + Sync + 'static {
    /// Keeps what is worth keeping. Must be quick: the call waits for it.
    fn saw(&self, sighting: &Sighting);
}

/// One attempt. It names machines and figures, never what was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// The destination as the call names it, listed or not.
    pub destination: String,
    /// The most sensitive class that the destination may have; none if it is not listed.
    pub data: Option<DataClass>,
    /// Host and port.
    pub host: String,
    /// The address that was connected to, or that was refused.
    pub address: Option<IpAddr>,
    /// When it began.
    pub at: Time,
    /// Bytes of the body that was sent.
    pub sent_bytes: u64,
    /// Bytes of the body that was received.
    pub received_bytes: u64,
    /// How it ended.
    pub outcome: Outcome,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// With an answer of this status.
    Answered(u16),
    /// Refused by the guards before anything was sent.
    Refused(String),
    /// It failed on the way.
    Failed(String),
    /// Nobody waited for it any longer.
    GivenUp,
}

/// What is kept of all attempts between one destination's host and one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Total {
    /// Attempts.
    pub attempts: u64,
    /// Attempts that were answered.
    pub answered: u64,
    /// Attempts that were refused.
    pub refused: u64,
    /// Bytes of bodies sent.
    pub sent_bytes: u64,
    /// Bytes of bodies received.
    pub received_bytes: u64,
    /// The first attempt.
    pub first: Time,
    /// The last attempt.
    pub last: Time,
}

/// Totals in memory, by destination, host and address.
#[derive(Debug, Default)]
pub struct Tally {
    totals: Mutex<BTreeMap<Place, Total>>,
}

/// Destination, host with port, address.
type Place = (String, String, Option<IpAddr>);

/// The most places that a tally keeps; a host with changing addresses must not fill the memory.
const PLACES_MAX: usize = 4096;

impl Tally {
    /// Everything so far.
    pub fn totals(&self) -> Vec<(Place, Total)> {
        let totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        totals.iter().map(|(place, total)| (place.clone(), total.clone())).collect()
    }
}

impl Recorder for Tally {
    fn saw(&self, sighting: &Sighting) {
        let mut totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        let place = (sighting.destination.clone(), sighting.host.clone(), sighting.address);
        if totals.len() >= PLACES_MAX && !totals.contains_key(&place) {
            let oldest = totals.iter().min_by_key(|(_, total)| total.last).map(|(place, _)| place.clone());
            oldest.map(|place| totals.remove(&place));
        }
        let total = totals.entry(place).or_insert_with(|| Total::from(sighting.at));
        total.attempts += 1;
        total.answered += u64::from(matches!(sighting.outcome, Outcome::Answered(_)));
        total.refused += u64::from(matches!(sighting.outcome, Outcome::Refused(_)));
        total.sent_bytes += sighting.sent_bytes;
        total.received_bytes += sighting.received_bytes;
        total.last = sighting.at;
    }
}

impl From<Time> for Total {
    fn from(at: Time) -> Self {
        Self { attempts: 0, answered: 0, refused: 0, sent_bytes: 0, received_bytes: 0, first: at, last: at }
    }
}
