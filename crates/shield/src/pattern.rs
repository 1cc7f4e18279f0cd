//! Regular expressions as rules write them, run in linear time.

pub(crate) mod careful;
pub(crate) mod needs;
mod translate;

use careful::Careful;
use needs::Needs;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, meta};
use regex_syntax::hir::Hir;

/// A compiled pattern and what any text must contain for it to match.
pub(crate) struct Pattern {
    regex: meta::Regex,
    careful: Option<Careful>,
    needs: Needs,
}

impl Pattern {
    pub(crate) fn compile(source: &[u8]) -> Result<Self, String> {
        let translated = translate::translate(source)?;
        let config = syntax::Config::new().unicode(false).utf8(false).dot_matches_new_line(true).nest_limit(400);
        let hir: Hir = syntax::parse_with(&translated.relaxed, &config).map_err(|error| error.to_string())?;
        // Many rules share the memory of one process, so each keeps only a small table of states.
        let limits =
            meta::Config::new().utf8_empty(false).hybrid_cache_capacity(512 * 1024).nfa_size_limit(Some(64 << 20));
        let regex =
            meta::Builder::new().configure(limits).build_from_hir(&hir).map_err(|error| format!("{error:?}"))?;
        let careful = match translated.careful {
            true => Some(Careful::new(&translated.exact, config)?),
            false => None,
        };
        Ok(Self { regex, careful, needs: Needs::of(&hir) })
    }

    pub(crate) fn needs(&self) -> &Needs {
        &self.needs
    }

    pub(crate) fn is_match(&self, text: &[u8]) -> bool {
        match &self.careful {
            None => self.regex.is_match(text),
            Some(careful) => match self.regex.find(text) {
                None => false,
                Some(relaxed) => careful.find(text, relaxed.start()).is_some(),
            },
        }
    }

    /// Start and end of the first match and of its groups, the whole match first.
    pub(crate) fn find(&self, text: &[u8]) -> Option<Vec<Option<(usize, usize)>>> {
        if let Some(careful) = &self.careful {
            let relaxed = self.regex.find(text)?;
            let found = careful.find(text, relaxed.start())?;
            return Some(found.unwrap_or_else(|| vec![Some((relaxed.start(), relaxed.end()))]));
        }
        let mut captures = self.regex.create_captures();
        self.regex.search_captures(&Input::new(text).anchored(Anchored::No), &mut captures);
        if !captures.is_match() {
            return None;
        }
        Some(captures.iter().map(|span| span.map(|span| (span.start, span.end))).collect())
    }
}
