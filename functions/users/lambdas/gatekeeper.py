"""The gatekeeper of users: ends the access of people when their accounts are deactivated."""

from functions.shared.aws.clients import client
from functions.shared.aws.settings import setting
from functions.shared.messaging.consumer import consumer_handler
from functions.users.access_control import AccessControl
from functions.users.cognito_sign_ins import CognitoSignIns
from functions.users.repository import UserRepository

sign_ins = CognitoSignIns(
    cognito=client("cognito-idp"),
    pool=setting("USER_POOL_ID"),
    dynamodb=client("dynamodb"),
    table=setting("BLOCKED_TABLE_NAME"),
)
handler = consumer_handler(AccessControl(UserRepository(), sign_ins).take)
