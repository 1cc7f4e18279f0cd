//! A post that keeps its letters in sight of the test, and a browser without scripts that does the work itself.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use identity::post::{Letter, Post, PostError};
use identity::rules::work;

use crate::house::{Heard, House};

#[derive(Clone, Default)]
pub struct Pile(Arc<Mutex<Vec<Letter>>>);

impl Post for Pile {
    fn send<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Result<(), PostError>> {
        self.0.lock().unwrap().push(letter.clone());
        Box::pin(async { Ok(()) })
    }
}

impl Pile {
    /// A house whose letters end here.
    pub fn of(house: &House) -> Self {
        let pile = Self::default();
        house.identity.deliver_by("https://candor.test", Arc::new(pile.clone()));
        pile
    }

    /// The letters to one address so far, the oldest first.
    pub async fn to(&self, email: &str) -> Vec<Letter> {
        // Letters are carried after the answer.
        tokio::time::sleep(Duration::from_millis(30)).await;
        self.0.lock().unwrap().iter().filter(|letter| letter.to.as_str() == email).cloned().collect()
    }

    /// The kinds of the letters to one address.
    pub async fn kinds(&self, email: &str) -> Vec<&'static str> {
        self.to(email).await.iter().map(|letter| letter.kind.name()).collect()
    }

    /// The newest code.
    pub async fn code(&self, email: &str) -> String {
        let letters = self.to(email).await;
        let letter = letters.iter().rfind(|letter| letter.kind.name() == "activation").expect("a letter with a code");
        let line = letter.text.lines().find(|line| line.starts_with("    ")).unwrap();
        line.chars().filter(char::is_ascii_digit).collect()
    }

    /// The token of the newest link to choose a password.
    pub async fn link(&self, email: &str) -> String {
        let letters = self.to(email).await;
        let letter = letters.iter().rfind(|letter| letter.kind.name() == "reset").expect("a letter with a link");
        letter.text.split("token=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned()
    }
}

/// The work of the challenge on a page, done.
pub fn solved(page: &Heard) -> String {
    let json = page.body.split("data-challenge=\"").nth(1).unwrap_or_else(|| panic!("no challenge in {}", page.body));
    let json = json.split('"').next().unwrap().replace("&quot;", "\"").replace("&#34;", "\"").replace("&amp;", "&");
    let json = json.replace("&#38;", "&");
    work::solve(&serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"))).unwrap()
}
