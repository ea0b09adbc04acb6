//! Where the routes lead. A forwarded call keeps the path that the caller wrote, so a careless route
//! lets callers reach the paths at which the host itself calls queue and event functions.

use std::collections::BTreeMap;

use super::functions::Function;
use super::host_json::HostJson;
use super::parameter::Parameter;
use super::split::split_outside;
use crate::command::doctor::faults;
use crate::command::doctor::finding::Finding;

const CHECK: &str = "routes";

/// One part between slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Parameter(Parameter),
}

pub(super) fn check(functions: &[Function], host: &HostJson) -> Vec<Finding> {
    let mut found = Vec::new();
    // Paths that only the host should call.
    let targets: Vec<_> = functions.iter().filter(|f| !f.is_forwarded(host)).collect();
    let keyed = functions.iter().any(Function::has_key);
    for function in functions.iter().filter(|f| f.is_forwarded(host)) {
        let (name, route) = (&function.name, &function.route);
        let segments = segments(route);
        let open = segments.iter().find_map(|segment| match segment {
            Segment::Parameter(parameter) if parameter.is_open() => Some(&parameter.text),
            _ => None,
        });
        let reached = names(&targets);
        match open {
            Some(parameter) if !targets.is_empty() => {
                let what = format!(
                    "the route `{route}` of `{name}` leads to `/{reached}`: `{{{parameter}}}` \
                     admits `..%5C..%5C{}`",
                    targets[0].name
                );
                found.push(Finding::error(CHECK, &faults::ROUTE_TO_TRIGGER, what));
            }
            Some(parameter) => {
                let past = if keyed { " past their keys" } else { "" };
                let what = format!(
                    "`{{{parameter}}}` in the route `{route}` of `{name}` admits `..%5C`, which leads \
                     to other paths{past}"
                );
                found.push(Finding::warning(CHECK, &faults::ROUTE_OPEN, what));
            }
            None => {
                if let Some(target) = spelled(&segments, &targets, host) {
                    let what = format!(
                        "without a `routePrefix`, the route `{route}` of `{name}` matches `/{target}`"
                    );
                    found.push(Finding::error(CHECK, &faults::ROUTE_TO_TRIGGER, what));
                }
            }
        }
    }
    found.extend(reserved(functions));
    found.extend(clashes(functions));
    if found.is_empty() {
        let what = "no route leads to another function";
        found.push(Finding::ok(CHECK, what));
    }
    found
}

fn names(targets: &[&Function]) -> String {
    let names: Vec<_> = targets.iter().map(|target| target.name.as_str()).collect();
    names.join("`, `/")
}

/// A parameter's constraint may contain slashes.
fn segments(route: &str) -> Vec<Segment> {
    let parts = split_outside(['{', '}'], '/', route);
    parts.filter(|part| !part.is_empty()).map(segment).collect()
}

/// A part with text beside its parameter counts as that parameter.
fn segment(part: &str) -> Segment {
    let inner = part
        .split_once('{')
        .and_then(|(_, rest)| rest.rsplit_once('}'));
    match inner {
        Some((inner, _)) => Segment::Parameter(Parameter::parse(inner)),
        None => Segment::Literal(part.to_owned()),
    }
}

/// The function that a caller reaches without any trick, because there is no prefix.
fn spelled<'a>(segments: &[Segment], targets: &[&'a Function], host: &HostJson) -> Option<&'a str> {
    let is_optional = |segment: &Segment| matches!(segment, Segment::Parameter(p) if p.is_optional);
    let (first, rest) = segments.split_first()?;
    if !host.route_prefix().is_empty() || !rest.iter().all(is_optional) {
        return None;
    }
    let mut targets = targets.iter();
    let reached = targets.find(|target| match first {
        Segment::Literal(text) => text.eq_ignore_ascii_case(&target.name),
        Segment::Parameter(parameter) => parameter.admits_names(),
    });
    reached.map(|target| target.name.as_str())
}

fn reserved(functions: &[Function]) -> Vec<Finding> {
    let http = functions.iter().filter(|function| function.is_http());
    let reserved = http.filter(|function| {
        let route = function.route.to_ascii_lowercase();
        route.starts_with("admin") || route.starts_with("runtime")
    });
    let finding = |function: &Function| {
        let what = format!(
            "the route `{}` of `{}` is the host's",
            function.route, function.name
        );
        Finding::error(CHECK, &faults::ROUTE_RESERVED, what).fill("function", &function.name)
    };
    reserved.map(finding).collect()
}

fn clashes(functions: &[Function]) -> Vec<Finding> {
    let mut seen: BTreeMap<String, Vec<&Function>> = BTreeMap::new();
    let mut found = Vec::new();
    for function in functions.iter().filter(|function| function.is_http()) {
        let same = seen.entry(function.route.to_ascii_lowercase()).or_default();
        if let Some(first) = same.iter().find(|first| share_a_method(first, function)) {
            let what = format!(
                "`{}` and `{}` have the route `{}`",
                first.name, function.name, function.route
            );
            let finding = Finding::error(CHECK, &faults::ROUTE_CLASH, what);
            found.push(finding.fill("function", &function.name));
        }
        same.push(function);
    }
    found
}

fn share_a_method(a: &Function, b: &Function) -> bool {
    match (&a.methods, &b.methods) {
        (Some(a), Some(b)) => a.iter().any(|method| b.contains(method)),
        _ => true,
    }
}
