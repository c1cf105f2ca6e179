"""The variables that the services read when they are imported; no generated page contains the values."""

VARIABLES = {
    "AWS_REGION": "eu-west-1",
    "SIGN_IN_URL": "https://sign-in.invalid",
    "USER_POOL_ID": "none",
    "USER_POOL_CLIENTS": "none",
    "DOCS_CLIENT_ID": "none",
}
