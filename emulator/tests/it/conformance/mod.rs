//! Facts about the service: a module for each section of its description and a test for each fact,
//! named after it. Everything goes over raw HTTP and raw WebSockets, with tokens and frames made
//! here.

// 1: authentication.
mod s1_1_connection_string;
mod s1_2_client_tokens;
mod s1_3_client_urls;
mod s1_4_server_tokens;
mod s1_5_entra_tokens;

// 2: the REST API.
mod s2_1_filters;
mod s2_bulk_groups;
mod s2_client_tokens;
mod s2_closing;
mod s2_errors;
mod s2_metadata;
mod s2_operations;
mod s2_paging;
mod s2_path_segments;
mod s2_payloads;
mod s2_permissions;

// 3: permissions.
mod s3_roles;

// 4: client protocols.
mod s4_1_simple_clients;
mod s4_2_json_requests;
mod s4_3_invocations;
mod s4_3_json_answers;
mod s4_4_recovery;
mod s4_4_reliable;
mod s4_5_protobuf;
mod s4_5_protobuf_requests;
mod s4_6_streams;
mod s4_7_group_state;
mod s4_8_keep_alive;
mod s4_subprotocols;

// 5: events for handlers.
mod s5_1_validation;
mod s5_2_group_events;
mod s5_2_headers;
mod s5_2_kept_headers;
mod s5_3_connect;
mod s5_4_connected;
mod s5_5_user_events;
mod s5_6_delivery;
mod s5_7_settings;

// 6: limits.
mod s6_limits;
