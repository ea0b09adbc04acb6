//! The settings of OpenTelemetry, under the names that its specification gives them.

use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;
use url::Url;

use super::reference::Setting;
use super::settings::Settings;

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";
const RESOURCE: &str = "OTEL_RESOURCE_ATTRIBUTES";
const SERVICE_NAME: &str = "service.name";
const DEFAULT_NAME: &str = "switchboard";

pub(super) const SETTINGS: &[Setting] = &[
    Setting::new(
        ENDPOINT,
        "a collector of [traces](operations.md#traces), for instance `http://localhost:4318`; \
            without it there are none",
    ),
    Setting::new(HEADERS, "as OpenTelemetry's specification says"),
    Setting::new(RESOURCE, "as OpenTelemetry's specification says"),
    Setting::new("OTEL_SERVICE_NAME", "as OpenTelemetry's specification says").value("switchboard"),
];

/// A collector of traces.
#[derive(Debug, Clone)]
pub struct TraceConfig {
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`, with the path for traces.
    pub endpoint: Url,
    /// `OTEL_EXPORTER_OTLP_HEADERS`: for instance the key of a collector.
    pub headers: HeaderMap,
    /// `OTEL_RESOURCE_ATTRIBUTES`, and `OTEL_SERVICE_NAME` as `service.name`.
    pub resource: Vec<(String, String)>,
}

/// `None` if no collector is configured, and on mistakes.
pub(super) fn read(settings: &mut Settings<'_>) -> Option<TraceConfig> {
    let base = settings.text(ENDPOINT);
    let headers = pairs(settings, HEADERS);
    let headers = headers.and_then(|pairs| header_map(settings, pairs));
    let resource = pairs(settings, RESOURCE);
    let name = settings.text("OTEL_SERVICE_NAME");
    let endpoint = traces_address(&base?);
    if endpoint.is_none() {
        settings.reject(
            ENDPOINT,
            "must be the http:// or https:// address of a collector",
        );
    }
    Some(TraceConfig {
        endpoint: endpoint?,
        headers: headers?,
        resource: with_name(resource?, name),
    })
}

/// Collectors often run beside the app, under a plain name; so plain HTTP is allowed.
fn traces_address(base: &str) -> Option<Url> {
    let mut url = Url::parse(base).ok()?;
    if !matches!(url.scheme(), "http" | "https") || url.query().is_some() {
        return None;
    }
    url.path_segments_mut()
        .ok()?
        .pop_if_empty()
        .extend(["v1", "traces"]);
    Some(url)
}

/// A list of `name=value`; the values are percent-encoded.
fn pairs(settings: &mut Settings<'_>, setting: &'static str) -> Option<Vec<(String, String)>> {
    let pair = |entry: &String| {
        let (name, value) = entry.split_once('=')?;
        let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
        let name = name.trim();
        (!name.is_empty()).then(|| (name.to_owned(), value.into_owned()))
    };
    let read = settings.list(setting).iter().map(pair).collect();
    if Option::is_none(&read) {
        settings.reject(setting, "must be a list of name=value");
    }
    read
}

fn header_map(settings: &mut Settings<'_>, pairs: Vec<(String, String)>) -> Option<HeaderMap> {
    let header = |(name, value): (String, String)| {
        let mut value = HeaderValue::from_str(&value).ok()?;
        value.set_sensitive(true);
        Some((HeaderName::try_from(name).ok()?, value))
    };
    let headers = pairs.into_iter().map(header).collect();
    if Option::is_none(&headers) {
        settings.reject(HEADERS, "names or gives a header that HTTP does not allow");
    }
    headers
}

fn with_name(mut resource: Vec<(String, String)>, name: Option<String>) -> Vec<(String, String)> {
    let is_named = resource.iter().any(|(known, _)| known == SERVICE_NAME);
    if name.is_some() {
        resource.retain(|(known, _)| known != SERVICE_NAME);
    }
    if name.is_some() || !is_named {
        let name = name.unwrap_or_else(|| DEFAULT_NAME.to_owned());
        resource.push((SERVICE_NAME.to_owned(), name));
    }
    resource
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traces(settings: &[(&str, &str)]) -> Result<TraceConfig, String> {
        let source = |name: &str| {
            let mut given = settings.iter();
            given
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        };
        let mut settings = Settings::new(&source);
        let read = read(&mut settings);
        settings.finish(read).map_err(|errors| errors.to_string())
    }

    fn named<'a>(config: &'a TraceConfig, name: &str) -> Vec<&'a str> {
        let named = config.resource.iter().filter(|(known, _)| known == name);
        named.map(|(_, value)| value.as_str()).collect()
    }

    #[test]
    fn the_path_for_traces_is_added() {
        for (base, full) in [
            ("http://collector:4318", "http://collector:4318/v1/traces"),
            ("http://collector:4318/", "http://collector:4318/v1/traces"),
            (
                "https://example.com/otlp",
                "https://example.com/otlp/v1/traces",
            ),
            (
                "https://example.com/otlp/",
                "https://example.com/otlp/v1/traces",
            ),
        ] {
            assert_eq!(traces(&[(ENDPOINT, base)]).unwrap().endpoint.as_str(), full);
        }
    }

    #[test]
    fn mistakes_are_named_without_their_values() {
        for (setting, value) in [
            (ENDPOINT, "hush-hush:4317"),
            (ENDPOINT, "hush-hush"),
            (ENDPOINT, "grpc://hush-hush"),
            (HEADERS, "hush-hush"),
            (HEADERS, "a b=hush-hush"),
            (HEADERS, "key=hush-hush%0A"),
            (HEADERS, "key=%FF"),
            (RESOURCE, "=hush-hush"),
        ] {
            let given = [(setting, value), (ENDPOINT, "http://collector:4318")];
            let error = traces(&given).unwrap_err();

            assert!(error.contains(setting), "{error}");
            assert!(!error.contains("hush-hush"), "{error}");
        }
    }

    #[test]
    fn headers_are_decoded_and_hidden() {
        let given = [
            (ENDPOINT, "http://collector:4318"),
            (HEADERS, "api-key=hush%2Dhush%20x, X-Other = 2"),
        ];
        let config = traces(&given).unwrap();

        assert_eq!(config.headers["api-key"], "hush-hush x");
        assert_eq!(config.headers["x-other"], "2");
        assert!(!format!("{config:?}").contains("hush"));
    }

    #[test]
    fn the_service_has_exactly_one_name() {
        let base = (ENDPOINT, "http://collector:4318");
        let attributes = (RESOURCE, "service.name=a,deployment.environment.name=test");

        let unnamed = traces(&[base]).unwrap();
        let by_attribute = traces(&[base, attributes]).unwrap();
        let by_name = traces(&[base, attributes, ("OTEL_SERVICE_NAME", "b")]).unwrap();

        assert_eq!(named(&unnamed, SERVICE_NAME), ["switchboard"]);
        assert_eq!(named(&by_attribute, SERVICE_NAME), ["a"]);
        assert_eq!(named(&by_name, SERVICE_NAME), ["b"]);
        assert_eq!(named(&by_name, "deployment.environment.name"), ["test"]);
    }
}
