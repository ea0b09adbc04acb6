//! The table of functions.

use devhost::FunctionInfo;

use super::paint::{FAINT, GREEN, Paint};

/// The table of functions, as `func start` prints it.
pub(super) fn of(functions: &[FunctionInfo], port: u16, paint: Paint) -> String {
    let names = functions.iter().map(|function| function.name.len());
    let width = names.max().unwrap_or_default();
    let mut table = String::from("\nFunctions:\n\n");
    for function in functions {
        let name = paint.paint(GREEN, &format!("{:>width$}", function.name));
        let note = if function.disabled {
            paint.paint(FAINT, "  (disabled)")
        } else {
            String::new()
        };
        table.push_str(&format!(
            "    {name}: {}{note}\n",
            address_or_trigger(function, port)
        ));
    }
    table
}

/// The URL of an HTTP function, or the trigger of any other.
fn address_or_trigger(function: &FunctionInfo, port: u16) -> String {
    let Some(route) = &function.route else {
        return function.trigger.clone();
    };
    let methods = match function.methods.join(",") {
        none if none.is_empty() => "any method".to_owned(),
        methods => methods,
    };
    format!("[{methods}] http://localhost:{port}/{route}")
}
