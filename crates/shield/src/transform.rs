//! Transformations: what a rule does to a value before it looks.

mod code;
mod decode;
mod digest;
mod path;
mod space;

use crate::byteset::ByteSet;
use std::borrow::Cow;

/// One transformation of the rule language.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub(crate) enum Transform {
    Lowercase,
    Uppercase,
    UrlDecode,
    UrlDecodeUni,
    HtmlEntityDecode,
    JsDecode,
    CssDecode,
    EscapeSeqDecode,
    Utf8ToUnicode,
    RemoveNulls,
    ReplaceNulls,
    RemoveWhitespace,
    CompressWhitespace,
    RemoveComments,
    ReplaceComments,
    RemoveCommentsChar,
    NormalizePath,
    NormalizePathWin,
    CmdLine,
    Base64Decode,
    Base64DecodeExt,
    Base64Encode,
    HexDecode,
    HexEncode,
    SqlHexDecode,
    Trim,
    TrimLeft,
    TrimRight,
    Length,
    Sha1,
}

pub(crate) const TRANSFORMS: usize = 30;

impl Transform {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "lowercase" => Self::Lowercase,
            "uppercase" => Self::Uppercase,
            "urldecode" => Self::UrlDecode,
            "urldecodeuni" => Self::UrlDecodeUni,
            "htmlentitydecode" => Self::HtmlEntityDecode,
            "jsdecode" => Self::JsDecode,
            "cssdecode" => Self::CssDecode,
            "escapeseqdecode" => Self::EscapeSeqDecode,
            "utf8tounicode" => Self::Utf8ToUnicode,
            "removenulls" => Self::RemoveNulls,
            "replacenulls" => Self::ReplaceNulls,
            "removewhitespace" => Self::RemoveWhitespace,
            "compresswhitespace" => Self::CompressWhitespace,
            "removecomments" => Self::RemoveComments,
            "replacecomments" => Self::ReplaceComments,
            "removecommentschar" => Self::RemoveCommentsChar,
            "normalizepath" | "normalisepath" => Self::NormalizePath,
            "normalizepathwin" | "normalisepathwin" => Self::NormalizePathWin,
            "cmdline" => Self::CmdLine,
            "base64decode" => Self::Base64Decode,
            "base64decodeext" => Self::Base64DecodeExt,
            "base64encode" => Self::Base64Encode,
            "hexdecode" => Self::HexDecode,
            "hexencode" => Self::HexEncode,
            "sqlhexdecode" => Self::SqlHexDecode,
            "trim" => Self::Trim,
            "trimleft" => Self::TrimLeft,
            "trimright" => Self::TrimRight,
            "length" => Self::Length,
            "sha1" => Self::Sha1,
            _ => return None,
        })
    }

    /// A value without any of these bytes comes out as it went in.
    pub(crate) fn triggers(self) -> ByteSet {
        let spaces = ByteSet::of(b" \t\n\r\x0b\x0c\xa0");
        match self {
            Self::Lowercase => ByteSet::range(b'A', b'Z'),
            Self::Uppercase => ByteSet::range(b'a', b'z'),
            Self::UrlDecode | Self::UrlDecodeUni => ByteSet::of(b"%+"),
            Self::HtmlEntityDecode => ByteSet::of(b"&"),
            Self::JsDecode | Self::CssDecode | Self::EscapeSeqDecode => ByteSet::of(b"\\"),
            Self::Utf8ToUnicode => ByteSet::range(0x80, 0xff),
            Self::RemoveNulls | Self::ReplaceNulls => ByteSet::of(b"\0"),
            Self::RemoveWhitespace | Self::Trim | Self::TrimLeft | Self::TrimRight => spaces,
            Self::CompressWhitespace => spaces,
            Self::RemoveComments | Self::RemoveCommentsChar => ByteSet::of(b"/*#-<>"),
            Self::ReplaceComments => ByteSet::of(b"/"),
            Self::NormalizePath => ByteSet::of(b"/."),
            Self::NormalizePathWin => ByteSet::of(b"/\\."),
            Self::CmdLine => ByteSet::of(b"\\\"'^,;/( \t\r\n\x0b\x0c").union(&ByteSet::range(b'A', b'Z')),
            Self::SqlHexDecode => ByteSet::of(b"xX"),
            Self::Base64Decode
            | Self::Base64DecodeExt
            | Self::Base64Encode
            | Self::HexDecode
            | Self::HexEncode
            | Self::Length
            | Self::Sha1 => ByteSet::ALL,
        }
    }

    /// Whether even an empty value changes.
    pub(crate) fn changes_empty(self) -> bool {
        matches!(self, Self::Length | Self::Sha1)
    }

    /// The value after the transformation; borrowed when nothing changed.
    pub(crate) fn apply<'v>(self, value: &'v [u8]) -> Cow<'v, [u8]> {
        let made = match self {
            Self::Lowercase => value.to_ascii_lowercase(),
            Self::Uppercase => value.to_ascii_uppercase(),
            Self::UrlDecode => decode::url(value),
            Self::UrlDecodeUni => decode::url_unicode(value),
            Self::HtmlEntityDecode => decode::html_entities(value),
            Self::JsDecode => code::js(value),
            Self::CssDecode => code::css(value),
            Self::EscapeSeqDecode => code::escape_sequences(value),
            Self::Utf8ToUnicode => decode::utf8_to_unicode(value),
            Self::RemoveNulls => value.iter().copied().filter(|byte| *byte != 0).collect(),
            Self::ReplaceNulls => value.iter().map(|byte| if *byte == 0 { b' ' } else { *byte }).collect(),
            Self::RemoveWhitespace => value.iter().copied().filter(|byte| !space::is_space(*byte)).collect(),
            Self::CompressWhitespace => space::compress(value),
            Self::RemoveComments => space::remove_comments(value),
            Self::ReplaceComments => space::replace_comments(value),
            Self::RemoveCommentsChar => space::remove_comment_marks(value),
            Self::NormalizePath => path::normalise(value),
            Self::NormalizePathWin => path::normalise(&path::forward_slashes(value)),
            Self::CmdLine => space::command_line(value),
            Self::Base64Decode => decode::base64(value, decode::Strictness::StopAtForeign),
            Self::Base64DecodeExt => decode::base64(value, decode::Strictness::SkipForeign),
            Self::Base64Encode => decode::base64_encode(value),
            Self::HexDecode => decode::hex(value),
            Self::HexEncode => digest::hex(value),
            Self::SqlHexDecode => decode::sql_hex(value),
            Self::Trim => space::trim_left(space::trim_right(value)).to_vec(),
            Self::TrimLeft => space::trim_left(value).to_vec(),
            Self::TrimRight => space::trim_right(value).to_vec(),
            Self::Length => value.len().to_string().into_bytes(),
            Self::Sha1 => digest::sha1(value).to_vec(),
        };
        if made == value { Cow::Borrowed(value) } else { Cow::Owned(made) }
    }
}

/// A value of a query or form, decoded once.
pub(crate) fn url_decoded(value: &[u8]) -> Cow<'_, [u8]> {
    if value.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        Cow::Owned(decode::url(value))
    } else {
        Cow::Borrowed(value)
    }
}

/// A text of an XML document with its predefined entities and character references decoded.
pub(crate) fn entities_decoded(value: &[u8]) -> Vec<u8> {
    decode::xml_entities(value)
}
