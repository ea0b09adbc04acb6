//! The small part of XML that the storage services use.

use quick_xml::escape::partial_escape;

/// The text of the first element with that name.
pub(crate) fn text(xml: &str, name: &str) -> Option<String> {
    content(xml, name).map(unescape)
}

/// The content of the first element with that name, its entities still escaped.
pub(crate) fn content<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (content, _) = rest.split_once(&format!("</{name}>"))?;
    Some(content)
}

/// Parsers turn a plain carriage return into a line feed, so it is escaped as well.
pub(crate) fn escape(text: &str) -> String {
    partial_escape(text).replace('\r', "&#13;")
}

/// Text with an unknown entity stays as it is.
fn unescape(text: &str) -> String {
    quick_xml::escape::unescape(text).map_or_else(|_| text.to_owned(), |text| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::{content, escape, text, unescape};

    #[test]
    fn escaped_text_comes_back_the_same() {
        let original = "a<b>&amp;\r\n\"x\" &#0; &lone";

        assert_eq!(unescape(&escape(original)), original);
        assert_eq!(unescape("&#x1F600;&quot;"), "😀\"");
    }

    #[test]
    fn elements_are_found_by_name() {
        let xml = "<L><M><Id>1&amp;3</Id></M></L>";

        let message = content(xml, "M").unwrap();

        assert_eq!(text(message, "Id"), Some("1&3".to_owned()));
        assert_eq!(text(message, "M"), None);
    }
}
