//! Pages that come in place of a file: of a login, a consent, an error.

use crate::error::shown;

/// Octets of the beginning of an answer that are looked at.
pub(super) const HEAD: usize = 4_096;

/// Whether the beginning of a file is that of an HTML page.
pub(super) fn is_html(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let head = head.trim_ascii_start();
    let begins = |with: &[u8]| {
        let start = head.get(..with.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(with))
    };
    begins(b"<!doctype html") || begins(b"<html") || begins(b"<head")
}

/// The beginning of the title of a page, as an error may show it.
pub(super) fn title(head: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(head);
    // Of the same length: only ASCII letters change.
    let lower = text.to_ascii_lowercase();
    let tag = lower.find("<title")?;
    let start = tag + lower.get(tag..)?.find('>')? + 1;
    let rest = text.get(start..)?;
    let title = rest.split('<').next().unwrap_or_default();
    let words: Vec<&str> = title.split_whitespace().collect();
    (!words.is_empty()).then(|| shown(&words.join(" ")))
}

/// What a server says in the body of a refusal: the title of a page, or the first line of
/// a text.
pub(super) fn said(head: &[u8]) -> Option<String> {
    if is_html(head) {
        return title(head);
    }
    let text = std::str::from_utf8(head).ok()?;
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    Some(shown(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_known_by_how_they_begin() {
        let pages: [&[u8]; 5] = [
            b"<!doctype html>",
            b"<!DOCTYPE HTML PUBLIC",
            b"\xef\xbb\xbf \r\n\t<HTML lang=en>",
            b"<html>",
            b"<head>",
        ];
        for page in pages {
            assert!(is_html(page), "{}", page.escape_ascii());
        }
        let files: [&[u8]; 5] = [
            b"",
            b"<",
            b"10.0.0.0\t8\t1 <html>",
            b"<?xml version",
            b"\x1f\x8b<html>",
        ];
        for file in files {
            assert!(!is_html(file), "{}", file.escape_ascii());
        }
    }

    #[test]
    fn a_title_is_told_short_and_without_control_characters() {
        let told = |page: &str| title(page.as_bytes());
        assert_eq!(
            told("<html><TITLE a=b>\n Log \x1b[31m in\n</TITLE>").as_deref(),
            Some(r"`Log \u{1b}[31m in`")
        );
        let long = format!("<title>{}", "x".repeat(200));
        assert!(told(&long).unwrap().len() < 80);
        for page in ["", "<title", "<title>", "<title> </title>", "<p>title</p>"] {
            assert_eq!(told(page), None, "{page}");
        }
        assert!(told("<title>\u{130}\u{130}</title>").is_some());
    }

    #[test]
    fn a_refusal_is_told_by_its_first_line_or_its_title() {
        let told = |body: &[u8]| said(body);
        assert_eq!(
            told(b"\n Invalid license key \nmore").as_deref(),
            Some("`Invalid license key`")
        );
        assert_eq!(told(b"<html><title>No</title>").as_deref(), Some("`No`"));
        assert_eq!(told(b""), None);
        assert_eq!(told(b"\xff\xfe"), None);
    }
}
