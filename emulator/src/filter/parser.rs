//! Parses tokens into a type-checked expression. `not` binds tightest, then comparisons, then
//! `and`, then `or`.

use std::iter::Peekable;
use std::ops::Range;
use std::vec::IntoIter;

use super::error::FilterError;
use super::expression::{Comparison, Expression, Field, Function, Type};
use super::lexer::{Token, tokens};

const MAX_DEPTH: usize = 100;

/// A syntax error is reported before any other error, wherever it is.
pub(super) fn parse(filter: &str) -> Result<Expression, FilterError> {
    let tokens = tokens(filter)?;
    let parse = |checks_types| {
        let parser = Parser {
            tokens: tokens.clone().into_iter().peekable(),
            end: filter.len(),
            depth: 0,
            checks_types,
        };
        parser.filter()
    };
    match parse(true) {
        Err(error) if error.position().is_none() => {
            parse(false)?;
            Err(error)
        }
        result => result,
    }
}

struct Parser {
    tokens: Peekable<IntoIter<(Token, Range<usize>)>>,
    end: usize,
    depth: usize,
    /// Without this only the syntax is checked, and the expression has no meaning.
    checks_types: bool,
}

impl Parser {
    /// The result of a whole filter must be a boolean.
    fn filter(mut self) -> Result<Expression, FilterError> {
        let expression = self.or()?;
        if let Some((_, at)) = self.tokens.next() {
            return Err(FilterError::Unexpected(at.end));
        }
        self.check(|| expression.expect(Type::Bool))?;
        Ok(expression)
    }

    fn check(&self, types: impl FnOnce() -> Result<(), FilterError>) -> Result<(), FilterError> {
        if self.checks_types { types() } else { Ok(()) }
    }

    fn condition(&self, expression: Expression) -> Result<Expression, FilterError> {
        self.check(|| expression.expect(Type::Bool))?;
        Ok(expression)
    }

    fn or(&mut self) -> Result<Expression, FilterError> {
        self.conditions("or", Self::and, Expression::Or)
    }

    fn and(&mut self) -> Result<Expression, FilterError> {
        self.conditions("and", Self::comparison, Expression::And)
    }

    /// One operand, or several conditions joined by the word.
    fn conditions(
        &mut self,
        word: &str,
        operand: fn(&mut Self) -> Result<Expression, FilterError>,
        joined: fn(Vec<Expression>) -> Expression,
    ) -> Result<Expression, FilterError> {
        let first = operand(self)?;
        if !self.take_word(word) {
            return Ok(first);
        }
        let mut conditions = vec![self.condition(first)?];
        loop {
            let next = operand(self)?;
            conditions.push(self.condition(next)?);
            if !self.take_word(word) {
                return Ok(joined(conditions));
            }
        }
    }

    fn comparison(&mut self) -> Result<Expression, FilterError> {
        let mut left = self.not()?;
        // Each comparison contains the one before, so a long chain of them is deep.
        for _ in 0..=MAX_DEPTH {
            if self.take_word("in") {
                left = self.membership(left)?;
            } else if let Some(comparison) = self.take_comparison() {
                let right = self.not()?;
                self.check(|| comparable(comparison, &left, &right))?;
                left = Expression::Compare(comparison, Box::new(left), Box::new(right));
            } else {
                return Ok(left);
            }
        }
        Err(FilterError::TooDeep)
    }

    fn not(&mut self) -> Result<Expression, FilterError> {
        if !self.take_word("not") {
            return self.primary();
        }
        let operand = self.deeper(Self::not)?;
        Ok(Expression::Not(Box::new(self.condition(operand)?)))
    }

    fn primary(&mut self) -> Result<Expression, FilterError> {
        let (token, at) = self
            .tokens
            .next()
            .ok_or(FilterError::ExpressionExpected(self.end))?;
        match token {
            Token::Text(text) => Ok(Expression::Text(text)),
            Token::Integer(value) => Ok(Expression::Integer(value)),
            Token::Open => {
                let inner = self.deeper(Self::or)?;
                self.close()?;
                Ok(inner)
            }
            Token::Word(word) if self.take(&Token::Open) => self.call(&word),
            Token::Word(_) if !self.checks_types => Ok(Expression::Null),
            Token::Word(word) => literal_or_field(word),
            Token::Close | Token::Comma => Err(FilterError::ExpressionExpected(at.start)),
        }
    }

    /// The operand after `in`: a list in parentheses, or the groups.
    fn membership(&mut self, left: Expression) -> Result<Expression, FilterError> {
        if !self.take(&Token::Open) {
            let groups = self.not()?;
            self.check(|| groups.expect(Type::Groups))?;
            self.check(|| left.expect_or_null(Type::Text))?;
            return Ok(Expression::InGroups(Box::new(left)));
        }
        let list = self.arguments()?;
        if list.is_empty() {
            return Err(FilterError::ExpressionExpected(self.position()));
        }
        Ok(Expression::In(Box::new(left), list))
    }

    fn call(&mut self, name: &str) -> Result<Expression, FilterError> {
        if !self.checks_types {
            self.arguments()?;
            return Ok(Expression::Null);
        }
        let function =
            Function::named(name).ok_or_else(|| FilterError::UnknownName(name.to_owned()))?;
        let arguments = self.arguments()?;
        if !function.takes(&arguments) {
            return Err(FilterError::WrongArguments(name.to_owned()));
        }
        Ok(Expression::Call(function, arguments))
    }

    /// The arguments after the opening parenthesis.
    fn arguments(&mut self) -> Result<Vec<Expression>, FilterError> {
        let mut arguments = Vec::new();
        if self.take(&Token::Close) {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.deeper(Self::or)?);
            if !self.take(&Token::Comma) {
                self.close()?;
                return Ok(arguments);
            }
        }
    }

    fn deeper(
        &mut self,
        parse: fn(&mut Self) -> Result<Expression, FilterError>,
    ) -> Result<Expression, FilterError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(FilterError::TooDeep);
        }
        let result = parse(self);
        self.depth -= 1;
        result
    }

    fn close(&mut self) -> Result<(), FilterError> {
        let at = self.position();
        if self.take(&Token::Close) {
            Ok(())
        } else {
            Err(FilterError::ParenthesisExpected(at))
        }
    }

    fn position(&mut self) -> usize {
        self.tokens.peek().map_or(self.end, |(_, at)| at.start)
    }

    fn take(&mut self, wanted: &Token) -> bool {
        self.tokens.next_if(|(token, _)| token == wanted).is_some()
    }

    fn take_word(&mut self, wanted: &str) -> bool {
        self.tokens
            .next_if(|(token, _)| matches!(token, Token::Word(word) if word == wanted))
            .is_some()
    }

    fn take_comparison(&mut self) -> Option<Comparison> {
        const OPERATORS: [(&str, Comparison); 6] = [
            ("eq", Comparison::Equal),
            ("ne", Comparison::NotEqual),
            ("gt", Comparison::Greater),
            ("ge", Comparison::GreaterOrEqual),
            ("lt", Comparison::Less),
            ("le", Comparison::LessOrEqual),
        ];
        let (_, comparison) = *OPERATORS.iter().find(|(word, _)| self.take_word(word))?;
        Some(comparison)
    }
}

/// Field names are case-insensitive, literals are not.
fn literal_or_field(word: String) -> Result<Expression, FilterError> {
    Ok(match word.as_str() {
        "null" => Expression::Null,
        "true" => Expression::Bool(true),
        "false" => Expression::Bool(false),
        _ => Expression::Field(match word.to_ascii_lowercase().as_str() {
            "userid" => Field::UserId,
            "connectionid" => Field::ConnectionId,
            "protocol" => Field::Protocol,
            "groups" => Field::Groups,
            _ => return Err(FilterError::UnknownName(word)),
        }),
    })
}

/// Equality takes any types, an ordering only integers.
fn comparable(
    comparison: Comparison,
    left: &Expression,
    right: &Expression,
) -> Result<(), FilterError> {
    if matches!(comparison, Comparison::Equal | Comparison::NotEqual) {
        return Ok(());
    }
    left.expect_or_null(Type::Integer)?;
    right.expect_or_null(Type::Integer)
}
