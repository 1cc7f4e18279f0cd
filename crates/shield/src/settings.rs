//! How rules are applied: level, thresholds, mode, exclusions.

use crate::limits::Limits;

/// Whether a verdict to block is carried out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Mode {
    /// All rules run and nothing is blocked.
    Observe,
    /// The first rule that denies ends the inspection.
    #[default]
    Block,
}

/// Whether cheap tests may spare expensive ones; the verdict is the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Gates {
    /// Run an operator only where it has a chance.
    #[default]
    On,
    /// Run every operator everywhere, to prove that the gates change nothing.
    Off,
}

/// The settings of an inspector, as users of the Core Rule Set know them.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Carry verdicts out, or only report them.
    pub mode: Mode,
    /// Paranoia level whose rules count toward blocking, 1 to 4.
    pub paranoia: u8,
    /// Anomaly score at which a request is blocked.
    pub inbound_threshold: u32,
    /// Anomaly score at which an answer is blocked.
    pub outbound_threshold: u32,
    /// Further transaction variables set before the first rule, such as `("max_num_args", "255")`.
    pub variables: Vec<(String, String)>,
    /// Rules that do not apply to some routes or fields.
    pub exclusions: Vec<Exclusion>,
    /// Bounds on what one request may cost.
    pub limits: Limits,
    /// Whether cheap tests spare expensive ones.
    pub gates: Gates,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mode: Mode::Block,
            paranoia: 1,
            inbound_threshold: 5,
            outbound_threshold: 4,
            variables: Vec::new(),
            exclusions: Vec::new(),
            limits: Limits::default(),
            gates: Gates::On,
        }
    }
}

/// Some rules do not apply to one route, or to one field of it.
#[derive(Clone, Debug)]
pub struct Exclusion {
    /// The routes concerned.
    pub route: Route,
    /// The rules concerned.
    pub rules: Rules,
    /// The field concerned, as a target of the rule language such as `ARGS:note`; none means the whole request.
    pub field: Option<String>,
}

/// Exclusions with their rules looked up, made by [`crate::Inspector::exclusions`].
#[derive(Default)]
pub struct Exclusions(pub(crate) Vec<crate::inspect::Spared>);

/// What bears on one inspection beside the rules and settings.
#[derive(Clone, Copy, Default)]
pub struct Terms<'t> {
    /// Exclusions beyond those of the settings, such as those that came after the rules were loaded.
    pub exclusions: &'t [&'t Exclusions],
    /// Another mode than that of the settings.
    pub mode: Option<Mode>,
    /// Whether the time for this inspection is over. Asked again and again while bytes are examined; once it says yes,
    /// the verdict is [`crate::Limit::Time`].
    pub overtime: Option<&'t dyn Fn() -> bool>,
}

/// A method and a path.
#[derive(Clone, Debug)]
pub struct Route {
    /// Only this method, or every method.
    pub method: Option<String>,
    /// Segments between slashes; `*` is any one segment and a last `**` any number of them.
    pub path: String,
}

impl Route {
    /// Whether a request goes to this route.
    pub fn covers(&self, method: &[u8], path: &[u8]) -> bool {
        if self.method.as_ref().is_some_and(|wanted| !wanted.as_bytes().eq_ignore_ascii_case(method)) {
            return false;
        }
        let mut wanted = self.path.as_bytes().split(|byte| *byte == b'/');
        let mut given = path.split(|byte| *byte == b'/');
        loop {
            match (wanted.next(), given.next()) {
                (Some(b"**"), _) => return true,
                (None, None) => return true,
                (Some(wanted), Some(given)) if wanted == b"*" || wanted == given => {}
                _ => return false,
            }
        }
    }
}

/// A choice of rules.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Rules {
    /// One rule.
    Id(u32),
    /// All rules with ids from the first to the last.
    Ids(u32, u32),
    /// All rules with a tag.
    Tag(String),
    /// All rules.
    All,
}
