use std::sync::Arc;

use uuid::Uuid;

use crate::app::Function;
use crate::front::{Failure, Request, ShownKey};
use crate::host::Host;
use crate::http::{Reply, Wire};
use crate::route::Values;

pub(crate) async fn call(
    _host: &Arc<Host>,
    _wire: &mut Wire,
    _request: &mut Request,
    _function: &Function,
    _values: Values,
    _key: ShownKey,
    _invocation: Uuid,
) -> Result<Reply, Failure> {
    Err(Failure::new("the JSON protocol is not supported yet"))
}
