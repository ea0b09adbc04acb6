//! The subset of SQL that the double supports:
//! `SELECT *` or `SELECT c.a, c.b` `FROM c WHERE c.a = @a AND c.b < 'b' ORDER BY c.id`.

use std::cmp::Ordering;

use serde_json::{Map, Value};

pub(super) struct Statement {
    /// Empty means all properties.
    properties: Vec<String>,
    conditions: Vec<Condition>,
}

struct Condition {
    property: String,
    holds: fn(Ordering) -> bool,
    value: Value,
}

impl Statement {
    /// `None` for unsupported statements.
    pub(super) fn parse(text: &str, parameter: impl Fn(&str) -> Option<Value>) -> Option<Self> {
        let spaced = text.replace(',', " , ");
        let mut words = spaced.split_whitespace().peekable();
        let expect = |words: &mut std::iter::Peekable<_>, keyword: &str| -> Option<()> {
            let word: &str = words.next()?;
            word.eq_ignore_ascii_case(keyword).then_some(())
        };
        expect(&mut words, "SELECT")?;
        let mut properties = Vec::new();
        if words.next_if_eq(&"*").is_none() {
            properties.push(property(words.next()?)?);
            while words.next_if_eq(&",").is_some() {
                properties.push(property(words.next()?)?);
            }
        }
        expect(&mut words, "FROM")?;
        expect(&mut words, "c")?;
        let mut conditions = Vec::new();
        let mut keyword = "WHERE";
        while words
            .next_if(|word| word.eq_ignore_ascii_case(keyword))
            .is_some()
        {
            keyword = "AND";
            conditions.push(Condition {
                property: property(words.next()?)?,
                holds: comparison(words.next()?)?,
                value: match words.next()? {
                    name if name.starts_with('@') => parameter(name)?,
                    text => Value::from(text.strip_prefix('\'')?.strip_suffix('\'')?),
                },
            });
        }
        if words.peek().is_some() {
            expect(&mut words, "ORDER")?;
            expect(&mut words, "BY")?;
            // The order in which documents are stored; no other is supported.
            expect(&mut words, "c.id")?;
        }
        words.next().is_none().then_some(Self {
            properties,
            conditions,
        })
    }

    pub(super) fn holds(&self, document: &Value) -> bool {
        self.conditions.iter().all(|condition| {
            let order = compare(&document[&condition.property], &condition.value);
            order.is_some_and(condition.holds)
        })
    }

    pub(super) fn show(&self, document: &Value) -> Value {
        if self.properties.is_empty() {
            return document.clone();
        }
        let property = |name: &String| Some((name.clone(), document.get(name)?.clone()));
        let shown: Map<_, _> = self.properties.iter().filter_map(property).collect();
        Value::Object(shown)
    }
}

fn property(word: &str) -> Option<String> {
    let name = word.strip_prefix("c.")?;
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (plain && !name.is_empty()).then(|| name.to_owned())
}

fn comparison(word: &str) -> Option<fn(Ordering) -> bool> {
    Some(match word {
        "=" => Ordering::is_eq,
        "<" => Ordering::is_lt,
        "<=" => Ordering::is_le,
        ">" => Ordering::is_gt,
        ">=" => Ordering::is_ge,
        _ => return None,
    })
}

/// Values of different types have no order.
fn compare(one: &Value, other: &Value) -> Option<Ordering> {
    match (one, other) {
        (Value::String(one), Value::String(other)) => Some(one.cmp(other)),
        (Value::Number(one), Value::Number(other)) => one.as_f64()?.partial_cmp(&other.as_f64()?),
        _ => None,
    }
}
