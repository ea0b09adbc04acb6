//! Azure Cosmos DB, over its REST interface.
