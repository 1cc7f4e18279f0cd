//! The last part of a rule: what it does.

use super::targets;
use crate::macros::Macro;
use crate::program::{
    Change, Collection, Control, Disruption, EngineState, Force, Names, Program, RuleIndex, SetVar, Target,
};
use crate::source;
use crate::store::Held;
use crate::transform::Transform;
use crate::variable::Variable;
use std::sync::Arc;

/// The actions of one rule, parsed.
pub(super) struct Actions {
    pub id: Option<u32>,
    pub phase: Option<usize>,
    pub disruption: Option<Disruption>,
    pub status: Option<u16>,
    pub logged: bool,
    pub message: Macro,
    pub severity: Option<u8>,
    pub tags: Vec<Arc<str>>,
    pub transforms: Vec<Transform>,
    pub every_step: bool,
    pub capture: bool,
    pub chain: bool,
    pub settings: Vec<SetVar>,
    pub controls: Vec<LateControl>,
    pub skip_after: Option<Vec<u8>>,
}

/// A control whose rules are looked up when all rules are known.
pub(super) enum LateControl {
    Ready(Control),
    RemoveById(String),
    RemoveByTag(String),
    RemoveTargetById(String, Target),
    RemoveTargetByTag(String, Target),
    /// Concerns only ModSecurity's audit log.
    Nothing,
}

impl LateControl {
    pub(super) fn settle(self, program: &Program) -> Result<Option<Control>, String> {
        let tagged = |tag: &str| program.by_tag.get(tag).cloned().unwrap_or_default();
        Ok(Some(match self {
            Self::Ready(control) => control,
            Self::RemoveById(ids) => Control::RemoveRules(rules_by_id(program, &ids)?),
            Self::RemoveByTag(tag) => Control::RemoveRules(tagged(&tag)),
            Self::RemoveTargetById(ids, target) => Control::RemoveTarget(rules_by_id(program, &ids)?, target),
            Self::RemoveTargetByTag(tag, target) => Control::RemoveTarget(tagged(&tag), target),
            Self::Nothing => return Ok(None),
        }))
    }
}

/// The rules with an id, or with an id in a range such as `942100-942199`.
pub(super) fn rules_by_id(program: &Program, ids: &str) -> Result<Vec<RuleIndex>, String> {
    let (from, to) = ids.split_once('-').unwrap_or((ids, ids));
    match (from.trim().parse::<u32>(), to.trim().parse::<u32>()) {
        (Ok(from), Ok(to)) => {
            let rules = program.rules.iter().enumerate();
            Ok(rules.filter(|(_, rule)| (from..=to).contains(&rule.id)).map(|(index, _)| index).collect())
        }
        _ => Err(format!("{ids} is not an id or a range of ids")),
    }
}

impl Actions {
    pub(super) fn parse(list: &[u8], names: &mut Names) -> Result<Self, String> {
        let mut actions = Self {
            id: None,
            phase: None,
            disruption: None,
            status: None,
            logged: true,
            message: Macro::default(),
            severity: None,
            tags: Vec::new(),
            transforms: Vec::new(),
            every_step: false,
            capture: false,
            chain: false,
            settings: Vec::new(),
            controls: Vec::new(),
            skip_after: None,
        };
        for (name, value) in source::actions(list)? {
            actions.one(&name, &value, names)?;
        }
        Ok(actions)
    }

    fn one(&mut self, name: &str, value: &[u8], names: &mut Names) -> Result<(), String> {
        let text = || String::from_utf8_lossy(value).into_owned();
        let number = || text().parse::<u32>().map_err(|_| format!("{name}:{} is not a number", text()));
        match name {
            "id" => self.id = Some(number()?),
            "phase" => self.phase = Some(phase(&text())?),
            "pass" => self.disruption = Some(Disruption::Pass),
            "block" => self.disruption = Some(Disruption::Block),
            "deny" | "drop" => self.disruption = Some(Disruption::Deny),
            "allow" if value.is_empty() => self.disruption = Some(Disruption::Allow),
            "status" => self.status = Some(u16::try_from(number()?).map_err(|_| "a status beyond 65535")?),
            "log" => self.logged = true,
            "nolog" => self.logged = false,
            "msg" => self.message = Macro::parse(value, names)?,
            "severity" => self.severity = Some(severity(&text())?),
            "tag" => self.tags.push(text().into()),
            "t" if value.eq_ignore_ascii_case(b"none") => self.transforms.clear(),
            "t" => {
                let transform = Transform::named(&text());
                let unknown = || format!("the transformation {} is outside the subset", text());
                self.transforms.push(transform.ok_or_else(unknown)?);
            }
            "multimatch" => self.every_step = true,
            "capture" => self.capture = true,
            "chain" => self.chain = true,
            "setvar" => self.settings.push(set_var(value, names)?),
            "ctl" => self.controls.push(control(&text(), names)?),
            "skipafter" => self.skip_after = Some(value.to_vec()),
            // Notes for people and for ModSecurity's own log and collections; no verdict depends on them.
            "auditlog" | "noauditlog" | "logdata" | "ver" | "rev" | "maturity" | "accuracy" | "expirevar"
            | "initcol" => {}
            _ => return Err(format!("the action {name} is outside the subset")),
        }
        Ok(())
    }

    pub(super) fn check_default(list: &[u8]) -> Result<(), String> {
        let actions = Self::parse(list, &mut Names::default())?;
        match actions.disruption {
            None | Some(Disruption::Pass) => Ok(()),
            Some(_) => Err("only anomaly scoring (a default action of pass) is in the subset".to_owned()),
        }
    }
}

fn phase(text: &str) -> Result<usize, String> {
    match text.to_ascii_lowercase().as_str() {
        "1" => Ok(1),
        "2" | "request" => Ok(2),
        "3" => Ok(3),
        "4" | "response" => Ok(4),
        "5" | "logging" => Ok(5),
        other => Err(format!("there is no phase {other}")),
    }
}

fn severity(text: &str) -> Result<u8, String> {
    const NAMES: [&str; 8] = ["emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"];
    let place = NAMES.iter().position(|name| text.eq_ignore_ascii_case(name));
    let number = place.or_else(|| text.parse().ok().filter(|number| *number < 8));
    number.and_then(|number| u8::try_from(number).ok()).ok_or_else(|| format!("there is no severity {text}"))
}

fn set_var(value: &[u8], names: &mut Names) -> Result<SetVar, String> {
    let (place, change) = match value.iter().position(|byte| *byte == b'=') {
        _ if value.starts_with(b"!") => (value.get(1..).unwrap_or_default(), Change::Remove),
        None => (value, Change::To(Macro::parse(b"1", names)?)),
        Some(index) => {
            let (place, to) = value.split_at(index);
            let change = match to.get(1..).unwrap_or_default() {
                [b'+', amount @ ..] => Change::Add(Macro::parse(amount, names)?),
                [b'-', amount @ ..] => Change::Subtract(Macro::parse(amount, names)?),
                to => Change::To(Macro::parse(to, names)?),
            };
            (place, change)
        }
    };
    let dot = place.iter().position(|byte| matches!(byte, b'.' | b':')).ok_or("setvar without a collection")?;
    let (collection, name) = place.split_at(dot);
    let collection = String::from_utf8_lossy(collection).into_owned();
    let collection = match Variable::named(&collection) {
        Some(Variable::Tx) => Collection::Tx,
        Some(variable) if variable.is_store() => Collection::Other,
        _ => return Err(format!("the collection {collection} cannot be set")),
    };
    let change = match change {
        Change::To(to) => match to.fixed() {
            Some(fixed) => Change::Fixed(Held::of(fixed)),
            None => Change::To(to),
        },
        other => other,
    };
    let name = Macro::parse(name.get(1..).unwrap_or_default(), names)?;
    let slot = match (collection, name.fixed()) {
        (Collection::Tx, Some(fixed)) => Some(names.slot(fixed)),
        _ => None,
    };
    Ok(SetVar { collection, name, slot, change })
}

fn control(text: &str, names: &mut Names) -> Result<LateControl, String> {
    let (name, value) = text.split_once('=').ok_or_else(|| format!("ctl:{text} has no value"))?;
    let with_target = |names: &mut Names| -> Result<(String, Target), String> {
        let (what, target) = value.split_once(';').ok_or_else(|| format!("ctl:{text} names no target"))?;
        Ok((what.to_owned(), targets::target(target.as_bytes(), names)?))
    };
    Ok(match name.to_ascii_lowercase().as_str() {
        "ruleremovebyid" => LateControl::RemoveById(value.to_owned()),
        "ruleremovebytag" => LateControl::RemoveByTag(value.to_owned()),
        "ruleremovetargetbyid" => {
            let (ids, target) = with_target(names)?;
            LateControl::RemoveTargetById(ids, target)
        }
        "ruleremovetargetbytag" => {
            let (tag, target) = with_target(names)?;
            LateControl::RemoveTargetByTag(tag, target)
        }
        "ruleengine" => LateControl::Ready(Control::Engine(match value.to_ascii_lowercase().as_str() {
            "on" => EngineState::On,
            "off" => EngineState::Off,
            "detectiononly" => EngineState::DetectionOnly,
            _ => return Err(format!("ctl:{text} is outside the subset")),
        })),
        "requestbodyprocessor" => LateControl::Ready(Control::BodyProcessor(value.to_ascii_uppercase())),
        "forcerequestbodyvariable" => LateControl::Ready(Control::ForceBody(if value.eq_ignore_ascii_case("on") {
            Force::On
        } else {
            Force::Off
        })),
        "auditengine" | "auditlogparts" => LateControl::Nothing,
        _ => return Err(format!("ctl:{name} is outside the subset")),
    })
}
