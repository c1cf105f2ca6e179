"""Resource types that MiniStack stores and describes, but that have no effect on this machine."""

from local.embedded_aws.extension import Extension

_NETWORK = "Stored and described; every connection is on loopback, and no packet is routed or filtered."

EXTENSION = Extension(
    closes="This machine has no virtual network and no public certificate.",
    stands_in={
        "AWS::CertificateManager::Certificate": "Issued at once, without validation; TLS uses the local CA.",
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
