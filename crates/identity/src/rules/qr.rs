use std::fmt;

use askama::filters::HtmlSafe;
use qrcodegen::{QrCode, QrCodeEcc};

/// A QR code (ISO/IEC 18004) as an inline SVG picture.
pub struct Picture {
    side: i32,
    path: String,
}

impl Picture {
    /// The picture of a text; none if the text is too long for one.
    pub fn of(text: &str) -> Option<Self> {
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
        let side = code.size();
        let mut path = String::new();
        for y in 0..side {
            for x in (0..side).filter(|x| code.get_module(*x, y)) {
                path.push_str(&format!("M{x},{y}h1v1h-1z"));
            }
        }
        Some(Self { side, path })
    }
}

impl fmt::Display for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { side, path } = self;
        let span = side + 8;
        write!(
            f,
            r##"<svg class="qr" role="img" aria-label="The same key as a picture for your authenticator" width="200" height="200" viewBox="-4 -4 {span} {span}"><rect x="-4" y="-4" width="{span}" height="{span}" fill="#fff"/><path d="{path}" fill="#000" shape-rendering="crispEdges"/></svg>"##
        )
    }
}

// What is written holds numbers only.
impl HtmlSafe for Picture {}
