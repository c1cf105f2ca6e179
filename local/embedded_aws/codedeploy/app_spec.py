"""The AppSpec of a deployment to Lambda: the function, its alias, two versions and the hooks.

https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-resources.html
"""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

_HOOKS = ("BeforeAllowTraffic", "AfterAllowTraffic")


class InvalidAppSpecError(ValueError):
    """The AppSpec lacks a part, or a part is wrong; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppSpec:
    """Move `alias` of `function` from the version `current` to `target`; `hooks` maps lifecycle events to functions."""

    function: str
    alias: str
    current: str
    target: str
    hooks: dict[str, str] = field(default_factory=dict)

    def revision(self) -> dict[str, Any]:
        """Return the AppSpec as the revision of a deployment."""
        properties = {
            "Name": self.function,
            "Alias": self.alias,
            "CurrentVersion": self.current,
            "TargetVersion": self.target,
        }
        content = json.dumps(
            {
                "version": 0.0,
                "Resources": [{self.function: {"Type": "AWS::Lambda::Function", "Properties": properties}}],
                "Hooks": [{event: function} for event, function in self.hooks.items()],
            }
        )
        digest = hashlib.sha256(content.encode()).hexdigest()
        return {"revisionType": "AppSpecContent", "appSpecContent": {"content": content, "sha256": digest}}


def parse(revision: dict[str, Any]) -> AppSpec:
    """Read the AppSpec of a revision, which must be JSON; raise InvalidAppSpecError if it is not understood."""
    if revision.get("revisionType") not in {"AppSpecContent", "String"}:
        raise InvalidAppSpecError("A deployment to Lambda needs a revision of the type AppSpecContent or String.")
    given = revision.get("appSpecContent") or revision.get("string") or {}
    try:
        content = json.loads(given["content"])
        [resource] = [each for resources in content["Resources"] for each in resources.values()]
        properties = resource["Properties"]
        spec = AppSpec(
            function=str(properties["Name"]),
            alias=str(properties["Alias"]),
            current=str(properties["CurrentVersion"]),
            target=str(properties["TargetVersion"]),
            hooks={event: str(function) for hooks in content.get("Hooks") or [] for event, function in hooks.items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidAppSpecError(f"The AppSpec is not understood: {error!r}") from error
    if unknown := set(spec.hooks) - set(_HOOKS):
        raise InvalidAppSpecError(f"The AppSpec has unknown hooks: {', '.join(sorted(unknown))}")
    return spec
