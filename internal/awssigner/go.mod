module github.com/countersign-dev/countersign/internal/awssigner

go 1.25.0

require github.com/aws/aws-sdk-go-v2 v1.47.7

require github.com/aws/smithy-go v1.28.8 // indirect
