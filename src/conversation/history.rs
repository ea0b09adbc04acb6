//! Reading what was said, a page at a time.

use std::ops::RangeInclusive;

use super::message::Message;
use super::{Conversation, ConversationError, ConversationState, keys};
use crate::store::page_limit::PageLimit;
use crate::store::{Key, Store, StoreError};

/// A page is no larger than this, so that it fits into an answer.
const MAX_PAGE: usize = 512 * 1024;
/// How many messages one read fetches.
const MAX_CHUNK: u64 = 50;

/// Which part of a conversation is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The last messages.
    Newest,
    /// Those just before this one.
    Before(u64),
    /// Those just after this one: how a client fills a gap.
    After(u64),
}

impl Part {
    /// At most one of the two can be asked for.
    pub fn new(before: Option<u64>, after: Option<u64>) -> Result<Self, ConversationError> {
        match (before, after) {
            (None, None) => Ok(Self::Newest),
            (Some(seq), None) => Ok(Self::Before(seq)),
            (None, Some(seq)) => Ok(Self::After(seq)),
            (Some(_), Some(_)) => Err(ConversationError::Invalid(
                "either `before` or `after`, not both",
            )),
        }
    }

    /// The numbers to read, of `last` that there are. They have no gaps, so they are known
    /// without a look.
    fn range(self, limit: u64, last: u64) -> RangeInclusive<u64> {
        let until = |end: u64| end.saturating_sub(limit).saturating_add(1).max(1)..=end;
        match self {
            Self::Newest => until(last),
            Self::Before(seq) => until(seq.saturating_sub(1).min(last)),
            Self::After(seq) => seq.saturating_add(1)..=seq.saturating_add(limit).min(last),
        }
    }

    fn is_backwards(self) -> bool {
        match self {
            Self::Newest | Self::Before(_) => true,
            Self::After(_) => false,
        }
    }

    /// The range in pieces, from the end at which the page begins: a page that is full early
    /// reads no more than it needs.
    fn chunks(self, range: RangeInclusive<u64>) -> impl Iterator<Item = RangeInclusive<u64>> {
        let (first, last) = range.into_inner();
        let count = (last + 1).saturating_sub(first).div_ceil(MAX_CHUNK);
        (0..count).map(move |n| {
            let skipped = n * MAX_CHUNK;
            if self.is_backwards() {
                let end = last - skipped;
                (end + 1).saturating_sub(MAX_CHUNK).max(first)..=end
            } else {
                let start = first + skipped;
                start..=(start + MAX_CHUNK - 1).min(last)
            }
        })
    }
}

/// Part of a conversation, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub messages: Vec<Message>,
    pub last_seq: u64,
    /// Whether there is more in the direction that was asked for.
    pub has_more: bool,
}

/// Reads a page of a conversation whose state was just read. The range of keys is known
/// beforehand, however long the conversation is.
pub async fn page(
    store: &dyn Store,
    conversation: &Conversation,
    state: &ConversationState,
    part: Part,
    limit: Option<u64>,
) -> Result<Page, StoreError> {
    let limit = PageLimit::new(limit).get() as u64;
    let (generation, last) = (state.head.generation, state.head.seq);
    let range = part.range(limit, last);
    let mut page = Vec::new();
    let mut size = 0;
    'chunks: for chunk in part.chunks(range) {
        let mut found = messages(store, conversation, generation, chunk).await?;
        if part.is_backwards() {
            found.reverse();
        }
        for message in found {
            // JSON's addition to the text is an estimate; the sizes of other fields are small.
            size += message.content.len() + 400;
            if size > MAX_PAGE && !page.is_empty() {
                break 'chunks;
            }
            page.push(message);
        }
    }
    if part.is_backwards() {
        page.reverse();
    }
    let has_more = match part {
        Part::Newest | Part::Before(_) => page.first().is_some_and(|first| first.seq > 1),
        Part::After(_) => page.last().is_some_and(|end| end.seq < last),
    };
    Ok(Page {
        messages: page,
        last_seq: last,
        has_more,
    })
}

/// The messages of a range that are there.
pub async fn messages(
    store: &dyn Store,
    conversation: &Conversation,
    generation: u64,
    range: RangeInclusive<u64>,
) -> Result<Vec<Message>, StoreError> {
    let (from, to) = (*range.start(), *range.end());
    if from > to {
        return Ok(Vec::new());
    }
    let keys: std::ops::Range<Key> =
        keys::message(generation, from)..keys::message(generation, to.saturating_add(1));
    let most = usize::try_from(to - from)
        .unwrap_or(usize::MAX)
        .saturating_add(1);
    let records = store.range(&conversation.partition(), keys, most).await?;
    let messages = records.iter().map(|record| record.read());
    Ok(messages.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pages_end_where_the_conversation_does() {
        assert_eq!(Part::Newest.range(50, 120), 71..=120);
        assert_eq!(Part::Newest.range(50, 3), 1..=3);
        assert!(Part::Newest.range(50, 0).is_empty());
        assert_eq!(Part::Before(71).range(50, 120), 21..=70);
        assert!(Part::Before(1).range(50, 120).is_empty());
        assert!(Part::Before(0).range(50, 120).is_empty());
        assert_eq!(Part::Before(9999).range(50, 120), 71..=120);
        assert_eq!(Part::After(100).range(50, 120), 101..=120);
        assert!(Part::After(120).range(50, 120).is_empty());
        assert!(Part::After(u64::MAX).range(50, 120).is_empty());
    }

    proptest! {
        #[test]
        fn pages_backwards_have_no_gap_and_no_overlap(last in 0..500_u64, limit in 1..200_u64) {
            let mut seen = Vec::new();
            let mut part = Part::Newest;
            loop {
                let page: Vec<_> = part.range(limit, last).collect();
                let Some(first) = page.first().copied() else { break };
                seen.splice(0..0, page);
                part = Part::Before(first);
            }

            prop_assert_eq!(seen, (1..=last).collect::<Vec<_>>());
        }

        #[test]
        fn pages_forwards_have_no_gap_and_no_overlap(last in 0..500_u64, limit in 1..200_u64) {
            let mut seen = Vec::new();
            let mut part = Part::After(0);
            loop {
                let page: Vec<_> = part.range(limit, last).collect();
                let Some(end) = page.last().copied() else { break };
                seen.extend(page);
                part = Part::After(end);
            }

            prop_assert_eq!(seen, (1..=last).collect::<Vec<_>>());
        }

        #[test]
        fn chunks_cover_a_page_from_the_end_where_it_begins(last in 0..500_u64, limit in 1..200_u64) {
            for part in [Part::Newest, Part::After(last / 3)] {
                let range = part.range(limit, last);
                let mut read = Vec::new();
                for chunk in part.chunks(range.clone()) {
                    let numbers: Vec<_> = chunk.collect();
                    prop_assert!((1..=MAX_CHUNK as usize).contains(&numbers.len()));
                    match part.is_backwards() {
                        true => drop(read.splice(0..0, numbers)),
                        false => read.extend(numbers),
                    }
                }
                prop_assert_eq!(read, range.collect::<Vec<_>>());
            }
        }

        #[test]
        fn no_numbers_make_a_page_too_long(before in any::<u64>(), last in any::<u64>(), limit in 1..200_u64) {
            for part in [Part::Newest, Part::Before(before), Part::After(before)] {
                let range = part.range(limit, last);
                prop_assert!(range.is_empty() || range.end() - range.start() < limit);
                prop_assert!(range.is_empty() || *range.end() <= last);
            }
        }
    }
}
