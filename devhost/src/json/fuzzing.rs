use super::answer::Envelope;
use super::{http_reply, outputs};
use crate::app::{DataType, Function, Output, Trigger};
use crate::handler::HandlerAnswer;

/// Makes of an answer all that any function could make of it.
pub(crate) fn read_answer(answer: &HandlerAnswer) {
    let Ok(Some(envelope)) = Envelope::parse(answer) else {
        return;
    };
    for name in ["res", "$return"] {
        let _ = http_reply::of(&function(name), &envelope, false);
    }
    for value in envelope.outputs.iter().flat_map(|outputs| outputs.values()) {
        outputs::messages(value, DataType::Unset);
    }
}

fn function(output: &str) -> Function {
    Function {
        name: "f".to_owned(),
        trigger_name: "req".to_owned(),
        trigger: Trigger::Other("anyTrigger".to_owned()),
        outputs: vec![Output::Http {
            name: output.to_owned(),
        }],
        forwardable: false,
        disabled: false,
        retry: None,
    }
}
