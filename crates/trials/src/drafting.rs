//! Drafting with a language model, for those who want it: words of a protocol in, *proposals* out.
//!
//! The designer works whole without it, and no artefact is ever made by a model: what a model says becomes a
//! [`Draft`] that a named person accepts, edits or rejects. Criteria, objectives, endpoints and dosing need a second person.
//!
//! - [`Drafter::draft`] asks any endpoint that speaks the chat-completions protocol, through [`outbound::Client`].
//! - Every draft cites the words that it comes from, and they have to stand in the protocol letter for letter; a number
//!   that the cited words do not have, a code that the tables do not have, an answer of another shape: discarded, and logged.
//! - [`review`] is pure: who may decide what, and what a draft's state follows from.
//! - [`provenance`] writes accepted drafts into the definition with an extension attribute that says so, machine-readably; it
//!   stays through every export. A definition with drafts that nobody reviewed is not released.

mod answer;
mod ask;
pub mod provenance;
pub mod review;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use model::{Outside, Time};
use outbound::{Client, DataClass, OutboundError};
use serde::{Deserialize, Serialize};

pub use answer::Discarded;
pub use review::{Draft, Item, Verdict};

use crate::rules::subject_data::{Media, Sighting, subject_data};

/// A model somewhere.
#[derive(Clone)]
pub struct Endpoint {
    /// Name of the destination on the house's list.
    pub destination: String,
    /// The whole address of its chat completions.
    pub url: String,
    /// Name of the model there.
    pub model: String,
    /// The key; sent as a bearer token, and as `api-key` for those who want that.
    pub key: String,
    /// How long to wait.
    pub patience: Duration,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint")
            .field("destination", &self.destination)
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// Criteria of eligibility.
    Criteria,
    /// Objectives and their endpoints.
    Objectives,
    /// What is given, how much, how and how often.
    Dosing,
    /// Visits and activities.
    Schedule,
    /// Which concept an activity collects; the candidates come from the metadata tables.
    Concept {
        /// The activity as the protocol calls it.
        activity: String,
    },
}

impl Task {
    /// Name of the function on the AI register.
    pub fn function(&self) -> &'static str {
        match self {
            Task::Criteria => "drafting.criteria",
            Task::Objectives => "drafting.objectives",
            Task::Dosing => "drafting.dosing",
            Task::Schedule => "drafting.schedule",
            Task::Concept { .. } => "drafting.concept",
        }
    }
}

/// A promise that does not name its type.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a person may spend, in tokens a month. Reserved before a call, settled after it.
pub trait Quota: Send + Sync {
    /// Puts so many tokens aside, or says why not.
    fn reserve<'a>(&'a self, tokens: u64) -> Later<'a, Result<Hold, String>>;
    /// Settles what was put aside with what was used; nothing was used when the call did not come through.
    fn commit<'a>(&'a self, hold: Hold, used: u64) -> Later<'a, Result<(), String>>;
}

/// Tokens put aside under a name of the quota's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The name.
    pub name: String,
    /// How many.
    pub tokens: u64,
}

/// What is kept of every call, whatever came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// When it was asked.
    pub at: Time,
    /// Who asked.
    pub by: String,
    /// Which function.
    pub function: String,
    /// The model that was asked for.
    pub model: String,
    /// The model and build that say they answered.
    pub version: String,
    /// Digest of the instructions.
    pub prompt_sha256: String,
    /// Digest of the protocol's words that were sent.
    pub input_sha256: String,
    /// Digest of the answer.
    pub output_sha256: String,
    /// Byte ranges of the input that drafts cite.
    pub sources: Vec<(usize, usize)>,
    /// Tokens that were settled.
    pub tokens: u64,
    /// Drafts, and items that were discarded.
    pub drafts: usize,
    /// Items that were discarded.
    pub discarded: usize,
    /// How it ended, in words.
    pub outcome: String,
}

/// What came of a call.
#[derive(Debug, Clone)]
pub struct Drafted {
    /// Proposals for people to decide.
    pub drafts: Vec<Draft>,
    /// What the model said and the checks did not let through.
    pub discarded: Vec<Discarded>,
    /// For the log.
    pub log: LogEntry,
}

/// Why there are no drafts.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// The words hold what looks like data about a person.
    #[error("the text looks as if it held data about a person, so it is not sent to a model")]
    SubjectData(Vec<Sighting>),
    /// Too much at once.
    #[error("the text is longer than {TEXT_BYTES_MAX} bytes: choose a section of the protocol")]
    TooLong,
    /// Nothing to ask about.
    #[error("there is nothing to draft from")]
    Empty,
    /// The month's tokens are used up.
    #[error("{0}")]
    Quota(String),
    /// The call did not come through.
    #[error(transparent)]
    Call(#[from] OutboundError),
    /// The endpoint says no.
    #[error("the model's endpoint answered with status {0}")]
    Status(u16),
    /// The answer is not what was asked for.
    #[error("the model's answer cannot be used: {0}")]
    Answer(&'static str),
}

/// A failed call has an entry for the log too.
#[derive(Debug)]
pub struct Failed {
    /// Why.
    pub error: DraftError,
    /// For the log; none when nothing was sent.
    pub log: Option<LogEntry>,
}

impl From<DraftError> for Failed {
    fn from(error: DraftError) -> Self {
        Failed { error, log: None }
    }
}

/// Longest text of one call.
pub const TEXT_BYTES_MAX: usize = 200_000;
const REPLY_BYTES_MAX: usize = 1 << 20;
const ANSWER_TOKENS_MAX: u64 = 8_000;

/// Asks a model.
pub struct Drafter<'a> {
    /// The way out.
    pub client: &'a Client,
    /// The clock and ids.
    pub outside: &'a dyn Outside,
    /// The model.
    pub endpoint: &'a Endpoint,
    /// What the person may spend.
    pub quota: &'a dyn Quota,
    /// Who asks.
    pub by: &'a str,
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Drafter<'_> {
    /// Drafts from the words of a protocol. Nothing is kept here: the caller keeps drafts and log.
    pub async fn draft(&self, task: &Task, text: &str) -> Result<Drafted, Failed> {
        let seen = subject_data(text.as_bytes(), Media::Text);
        match text {
            _ if text.trim().is_empty() => return Err(DraftError::Empty.into()),
            _ if text.len() > TEXT_BYTES_MAX => return Err(DraftError::TooLong.into()),
            _ if !seen.is_empty() => return Err(DraftError::SubjectData(seen).into()),
            _ => {}
        }
        let question = ask::question(task, text);
        let wanted = (question.prompt.len() + text.len()) as u64 / 3 + ANSWER_TOKENS_MAX;
        let hold = self.quota.reserve(wanted).await.map_err(DraftError::Quota)?;
        let mut log = LogEntry {
            at: self.outside.now(),
            by: self.by.to_owned(),
            function: task.function().to_owned(),
            model: self.endpoint.model.clone(),
            version: String::new(),
            prompt_sha256: sha256(question.prompt.as_bytes()),
            input_sha256: sha256(text.as_bytes()),
            output_sha256: String::new(),
            sources: Vec::new(),
            tokens: 0,
            drafts: 0,
            discarded: 0,
            outcome: String::new(),
        };
        let said = self.ask(&question, text, &mut log).await;
        // What the endpoint says was used is believed up to what was put aside: it must not spend more than that.
        let used = match &said {
            Ok(said) => said.tokens.unwrap_or(wanted).min(wanted),
            Err(_) => 0,
        };
        log.tokens = used;
        let settled = self.quota.commit(hold, used).await.map_err(DraftError::Quota);
        let checked = said.and_then(|said| {
            settled?;
            answer::check(task, text, &question.candidates, &said.content).map(|checked| (said, checked))
        });
        match checked {
            Ok((said, (items, discarded))) => Ok(self.finished(said, items, discarded, log)),
            Err(error) => {
                log.outcome = error.to_string();
                Err(Failed { error, log: Some(log) })
            }
        }
    }

    async fn ask(&self, question: &ask::Question, text: &str, log: &mut LogEntry) -> Result<answer::Said, DraftError> {
        let mut call = ask::call(self.endpoint, question, text, ANSWER_TOKENS_MAX);
        call.reply_bytes_max = REPLY_BYTES_MAX;
        let reply = self.client.send_carrying(DataClass::Internal, call).await?;
        log.output_sha256 = sha256(&reply.body);
        if !reply.is_success() {
            return Err(DraftError::Status(reply.status));
        }
        let said = answer::read(&reply.body)?;
        log.version.clone_from(&said.version);
        Ok(said)
    }

    fn finished(
        &self,
        said: answer::Said,
        items: Vec<answer::Checked>,
        discarded: Vec<Discarded>,
        mut log: LogEntry,
    ) -> Drafted {
        log.sources = items.iter().map(|item| item.source).collect();
        log.drafts = items.len();
        log.discarded = discarded.len();
        log.outcome = format!("{} drafts, {} discarded", items.len(), discarded.len());
        let drafts = items.into_iter().map(|checked| Draft {
            id: self.outside.uuid().to_string(),
            item: checked.item,
            source: checked.source,
            quote: checked.quote,
            confidence: checked.confidence,
            provenance: review::Provenance {
                function: log.function.clone(),
                model: log.model.clone(),
                version: said.version.clone(),
                prompt_sha256: log.prompt_sha256.clone(),
                input_sha256: log.input_sha256.clone(),
                output_sha256: log.output_sha256.clone(),
                at: log.at,
                asked_by: log.by.clone(),
            },
            decisions: Vec::new(),
        });
        Drafted { drafts: drafts.collect(), discarded, log }
    }
}
