//! `#[kind(…)]`: what the whole record is.

use proc_macro2::{Ident, Span};
use syn::meta::ParseNestedMeta;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, LitInt, LitStr, Path, Token};

use crate::Mistakes;

/// A complete `#[kind(…)]`.
pub struct KindAttribute {
    pub name: LitStr,
    pub version: u16,
    pub words: LitStr,
    pub subject: Subject,
    pub purpose: Ident,
    pub retention: Ident,
    pub history: Ident,
    pub read: LitStr,
    pub create: LitStr,
    pub revise: LitStr,
    pub retire: LitStr,
    /// The step from shape 1, from shape 2 and so on; one less than `version`.
    pub steps: Vec<Path>,
}

/// Whose data it is.
pub enum Subject {
    Nobody,
    Itself,
    Field(Ident),
}

/// `1 = from_v1`
struct Step {
    from: LitInt,
    path: Path,
}

/// What has been read so far.
#[derive(Default)]
struct Draft {
    name: Option<LitStr>,
    version: Option<LitInt>,
    words: Option<LitStr>,
    subject: Option<Subject>,
    purpose: Option<Ident>,
    retention: Option<Ident>,
    history: Option<Ident>,
    read: Option<LitStr>,
    create: Option<LitStr>,
    revise: Option<LitStr>,
    retire: Option<LitStr>,
    steps: Vec<Step>,
}

const KEYS: &str = "name, version, words, subject, purpose, retention, history, read, create, revise, retire, upgrade";

/// Reads the attribute of the struct called `of`; what is wrong goes into `mistakes`.
pub fn read(attributes: &[Attribute], of: &Ident, mistakes: &mut Mistakes) -> Option<KindAttribute> {
    let mut draft = Draft::default();
    let mut at = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("kind")) {
        at.get_or_insert(attribute.path().span());
        mistakes.note(attribute.parse_nested_meta(|meta| draft.take(&meta)))?;
    }
    match at {
        Some(at) => draft.finish(at, mistakes),
        None => {
            mistakes.at(
                of.span(),
                "a kind needs `#[kind(name = …, version = …, …)]`: say what the record is and why it is held",
            );
            None
        }
    }
}

impl Draft {
    fn take(&mut self, meta: &ParseNestedMeta) -> syn::Result<()> {
        let key = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
        match key.as_str() {
            "name" => set(&mut self.name, meta),
            "version" => set(&mut self.version, meta),
            "words" => set(&mut self.words, meta),
            "subject" => set(&mut self.subject, meta),
            "purpose" => set(&mut self.purpose, meta),
            "retention" => set(&mut self.retention, meta),
            "history" => set(&mut self.history, meta),
            "read" => set(&mut self.read, meta),
            "create" => set(&mut self.create, meta),
            "revise" => set(&mut self.revise, meta),
            "retire" => set(&mut self.retire, meta),
            "upgrade" => {
                let steps;
                syn::parenthesized!(steps in meta.input);
                self.steps.extend(Punctuated::<Step, Token![,]>::parse_terminated(&steps)?);
                Ok(())
            }
            _ => Err(meta.error(format!("unknown here: `#[kind]` takes {KEYS}"))),
        }
    }

    fn finish(self, at: Span, mistakes: &mut Mistakes) -> Option<KindAttribute> {
        let mut need = Need { at, mistakes };
        let name = need.given(self.name, "name", "a stable dotted name such as `name = \"practice.patient\"`");
        let version = need.given(self.version, "version", "the shape's number such as `version = 1`");
        let words = need.given(self.words, "words", "one sentence for people such as `words = \"A person in care.\"`");
        let subject = need.given(self.subject, "subject", "whose data it is: `itself`, `nobody` or `field(patient)`");
        let purpose = need.given(self.purpose, "purpose", "why it is held, such as `purpose = DirectCare`");
        let retention = need.given(self.retention, "retention", "how long it is held, such as `retention = Clinical`");
        let history =
            need.given(self.history, "history", "which versions are kept: `EveryVersion`, `LatestOnly` or `Ephemeral`");
        let mut act = |slot, key: &str| {
            let act = need.given(slot, key, &format!("the permission it takes, such as `{key} = \"patient.{key}\"`"));
            act.filter(|act| dotted(act, "a permission's name", need.mistakes))
        };
        let (read, create) = (act(self.read, "read"), act(self.create, "create"));
        let (revise, retire) = (act(self.revise, "revise"), act(self.retire, "retire"));

        let name = name.filter(|name| dotted(name, "a kind's name", mistakes));
        let words = words.filter(|words| sentence(words, mistakes));
        let version = version.and_then(|version| {
            let number = mistakes.note(shape(&version))?;
            Some((number, steps(number, version.span(), self.steps, mistakes)?))
        });
        let (version, steps) = version?;
        Some(KindAttribute {
            name: name?,
            version,
            words: words?,
            subject: subject?,
            purpose: purpose?,
            retention: retention?,
            history: history?,
            read: read?,
            create: create?,
            revise: revise?,
            retire: retire?,
            steps,
        })
    }
}

struct Need<'a> {
    at: Span,
    mistakes: &'a mut Mistakes,
}

impl Need<'_> {
    fn given<T>(&mut self, slot: Option<T>, key: &str, say: &str) -> Option<T> {
        if slot.is_none() {
            self.mistakes.at(self.at, format!("`#[kind]` lacks `{key}`: say {say}"));
        }
        slot
    }
}

fn set<T: Parse>(slot: &mut Option<T>, meta: &ParseNestedMeta) -> syn::Result<()> {
    let value = meta.value()?.parse()?;
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(meta.error("said twice: say it once")),
    }
}

/// The one step from each past shape, in order.
fn steps(version: u16, at: Span, given: Vec<Step>, mistakes: &mut Mistakes) -> Option<Vec<Path>> {
    let mut slots: Vec<Option<Path>> = (1..version).map(|_| None).collect();
    for step in given {
        let Some(from) = mistakes.note(shape(&step.from)) else { continue };
        match slots.get_mut(usize::from(from) - 1) {
            None => mistakes.at(
                step.from.span(),
                format!("shape {from} is not a past one: the present shape is {version}, and a step leads from a past shape to the next"),
            ),
            Some(Some(_)) => mistakes.at(step.from.span(), format!("shape {from} has two upgrade steps: keep one")),
            Some(slot) => *slot = Some(step.path),
        }
    }
    for (from, slot) in (1..version).zip(&slots) {
        if slot.is_none() {
            mistakes.at(
                at,
                format!("version {version} needs an upgrade step from shape {from}: add `upgrade({from} = …)` with a `fn(serde_json::Value) -> Result<serde_json::Value, &'static str>`"),
            );
        }
    }
    slots.into_iter().collect()
}

fn shape(number: &LitInt) -> syn::Result<u16> {
    match number.base10_parse::<u16>() {
        Ok(0) | Err(_) => Err(syn::Error::new(number.span(), "shapes count from 1 to 65535")),
        Ok(number) => Ok(number),
    }
}

/// Whether the name is made of two or more lower-case parts joined by dots.
pub fn dotted(name: &LitStr, what: &str, mistakes: &mut Mistakes) -> bool {
    let part = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_lowercase())
            && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-')
    };
    let text = name.value();
    let right = text.contains('.') && text.split('.').all(part);
    if !right {
        mistakes.at(name.span(), format!("{what} is dotted lower case, such as `practice.patient`"));
    }
    right
}

fn sentence(words: &LitStr, mistakes: &mut Mistakes) -> bool {
    let text = words.value();
    let right = text.len() > 1 && text.ends_with('.') && !text.contains(char::is_control);
    if !right {
        mistakes.at(words.span(), "`words` is one sentence for people, and ends with a full stop");
    }
    right
}

impl Parse for Subject {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let rule: Ident = input.parse()?;
        match rule.to_string().as_str() {
            "nobody" => Ok(Self::Nobody),
            "itself" => Ok(Self::Itself),
            "field" => {
                let field;
                syn::parenthesized!(field in input);
                Ok(Self::Field(field.parse()?))
            }
            _ => Err(syn::Error::new(
                rule.span(),
                "`subject` is `itself`, `nobody` or `field(…)`, naming the field that holds the person's id",
            )),
        }
    }
}

impl Parse for Step {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let from = input.parse()?;
        input.parse::<Token![=]>()?;
        Ok(Self { from, path: input.parse()? })
    }
}
