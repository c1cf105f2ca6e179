"""Types that MiniStack keeps and answers about, but whose effect does not exist on this machine."""

from local.embedded_aws.extension import Extension

_NETWORK = "Kept and described; every connection is on loopback, and no packet is routed or filtered."

EXTENSION = Extension(
    closes="There is no network of its own on this machine, and no public certificate.",
    stands_in={
        "AWS::CertificateManager::Certificate": "Issued at once, without a proof; TLS here has leaves of the local CA.",
        "AWS::EC2::VPC": _NETWORK,
        "AWS::EC2::Subnet": _NETWORK,
        "AWS::EC2::RouteTable": _NETWORK,
        "AWS::EC2::Route": _NETWORK,
        "AWS::EC2::SubnetRouteTableAssociation": _NETWORK,
        "AWS::EC2::InternetGateway": _NETWORK,
        "AWS::EC2::VPCGatewayAttachment": _NETWORK,
        "AWS::EC2::VPCEndpoint": _NETWORK,
        "AWS::EC2::SecurityGroup": _NETWORK,
    },
)
