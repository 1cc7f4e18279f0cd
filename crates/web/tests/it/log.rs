//! What stands in the log.

use std::io::Write;
use std::sync::{Arc, Mutex};

use super::house::house;

#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn logged(path: &str) -> (String, String) {
    let paper = Paper::default();
    let writer = paper.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).with_ansi(false).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let cookie = [("cookie", "__Host-candor=dentist"), ("accept", "text/html")];
    let heard = house().ask("GET", path, &cookie, "").await;
    drop(guard);
    let text = String::from_utf8(paper.0.lock().unwrap().clone()).unwrap();
    (text, heard.header("x-request-id").to_owned())
}

#[tokio::test]
async fn a_fault_is_logged_once_with_its_cause_and_its_request() {
    let (log, request) = logged("/fault").await;
    let faults: Vec<&str> = log.lines().filter(|line| line.contains("ERROR")).collect();
    assert_eq!(faults.len(), 1, "{log}");
    assert!(faults[0].contains(&request) && faults[0].contains("the secret cause"), "{log}");
}

#[tokio::test]
async fn a_panic_is_logged_once_without_its_words() {
    let (log, request) = logged("/panic").await;
    assert_eq!(log.lines().filter(|line| line.contains("ERROR")).count(), 1, "{log}");
    assert!(log.contains(&request) && !log.contains("OKONKWO"), "{log}");
}

#[tokio::test]
async fn the_line_about_a_request_holds_the_pattern_and_nothing_of_a_person() {
    let (log, request) = logged("/patient/9990123457?name=okonkwo").await;
    assert_eq!(log.lines().count(), 1, "{log}");
    assert!(log.contains(&request) && log.contains("/patient/{id}") && log.contains("status=200"), "{log}");
    for personal in ["9990123457", "okonkwo", "dentist", "Mensah"] {
        assert!(!log.contains(personal), "{personal}: {log}");
    }
}
