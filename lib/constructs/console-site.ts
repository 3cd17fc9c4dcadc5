import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AllowedMethods,
  type BehaviorOptions,
  CachePolicy,
  Distribution,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  HttpVersion,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  OriginSslPolicy,
  ResponseHeadersPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin, S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct, type Node } from 'constructs';
import { acknowledgeOneRegion, CLOSED } from './buckets.ts';
import { loginUrl } from './user-pool.ts';

export interface ConsoleSiteProps {
  /** Domain name of the HTTP API. */
  readonly api: string;
}

/** Keys of the console's files. A policy can name it, where a whole bucket would be a wildcard. */
export const CONSOLE_PREFIX = 'console/';

/**
 * Console and API at one address: files from a bucket that nobody else can read, and behind `/api/*` the HTTP API. So
 * nothing has to be granted to other origins.
 */
export class ConsoleSite extends Construct {
  readonly bucket: Bucket;
  readonly url: string;

  constructor(scope: Construct, id: string, { api }: ConsoleSiteProps) {
    super(scope, id);
    const accessLogs = this.accessLogs();
    this.bucket = this.files(accessLogs);
    const address = addressOf(this.node);
    const toApi: BehaviorOptions = {
      origin: new HttpOrigin(api, {
        protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY,
        originSslProtocols: [OriginSslPolicy.TLS_V1_2],
        // The gateway gives up after 30 seconds, and its answer is to arrive.
        readTimeout: Duration.seconds(35),
      }),
      allowedMethods: AllowedMethods.ALLOW_ALL,
      viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
      cachePolicy: CachePolicy.CACHING_DISABLED,
      // With Authorization and the whole query; the gateway knows itself by its own host name only.
      originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      responseHeadersPolicy: this.responseHeaders(),
    };
    const distribution = new Distribution(this, 'Distribution', {
      comment: 'EmissionWatch',
      defaultRootObject: 'index.html',
      defaultBehavior: {
        origin: S3BucketOrigin.withOriginAccessControl(this.bucket, { originPath: `/${CONSOLE_PREFIX.slice(0, -1)}` }),
        allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
        viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        // Files say themselves how long they may be kept.
        cachePolicy: CachePolicy.CACHING_OPTIMIZED,
        responseHeadersPolicy: toApi.responseHeadersPolicy!,
        compress: true,
      },
      additionalBehaviors: { '/api/*': toApi, '/health': toApi },
      httpVersion: HttpVersion.HTTP2_AND_3,
      enableIpv6: true,
      logBucket: accessLogs,
      logFilePrefix: 'distribution/',
      minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
      ...(address && {
        domainNames: [address.domain],
        certificate: Certificate.fromCertificateArn(this, 'Certificate', address.certificate),
      }),
    });
    this.url = `https://${address?.domain ?? distribution.distributionDomainName}/`;
    acknowledge(distribution, address !== undefined);
  }

  /** Who read what, for two years. CloudFront delivers its logs only to buckets that still have ACLs. */
  private accessLogs(): Bucket {
    const bucket = new Bucket(this, 'AccessLogs', {
      ...CLOSED,
      encryption: BucketEncryption.S3_MANAGED,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_PREFERRED,
      lifecycleRules: [{ expiration: Duration.days(731), noncurrentVersionExpiration: Duration.days(30) }],
    });
    acknowledgeOneRegion(bucket);
    Validations.of(bucket).acknowledge({
      id: 'NIST.800.53.R5-S3DefaultEncryptionKMS',
      reason: 'S3 and CloudFront deliver access logs only to a bucket whose default encryption is that of S3 itself',
    });
    return bucket;
  }

  /** Nothing in it is secret, and nothing that cannot be made again. */
  private files(serverAccessLogsBucket: Bucket): Bucket {
    const bucket = new Bucket(this, 'Files', {
      ...CLOSED,
      removalPolicy: RemovalPolicy.RETAIN,
      encryption: BucketEncryption.S3_MANAGED,
      serverAccessLogsBucket,
      serverAccessLogsPrefix: 'files/',
      lifecycleRules: [{ noncurrentVersionExpiration: Duration.days(30) }],
    });
    acknowledgeOneRegion(bucket);
    Validations.of(bucket).acknowledge({
      id: 'NIST.800.53.R5-S3DefaultEncryptionKMS',
      reason: 'the files are those of the published source code and are sent to whoever opens the page',
    });
    return bucket;
  }

  /** No script and no style but the console's own files, no other site around it, and never without TLS. */
  private responseHeaders(): ResponseHeadersPolicy {
    const contentSecurityPolicy = [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      `connect-src 'self' ${loginUrl(this)}`,
      "form-action 'self'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join('; ');
    return new ResponseHeadersPolicy(this, 'Headers', {
      comment: 'EmissionWatch',
      securityHeadersBehavior: {
        contentSecurityPolicy: { contentSecurityPolicy, override: true },
        contentTypeOptions: { override: true },
        frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
        referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
        strictTransportSecurity: {
          accessControlMaxAge: Duration.days(730),
          includeSubdomains: true,
          override: true,
        },
      },
    });
  }
}

/**
 * Context `consoleDomain` and `consoleCertificate`: an address of one's own, with its certificate.
 * @throws Error when only one of them is given, or the certificate is not where CloudFront looks for it
 */
const addressOf = (node: Node): { readonly domain: string; readonly certificate: string } | undefined => {
  const domain: unknown = node.tryGetContext('consoleDomain');
  const certificate: unknown = node.tryGetContext('consoleCertificate');
  if (domain === undefined && certificate === undefined) return undefined;
  if (typeof domain !== 'string' || !/^arn:[\w-]+:acm:us-east-1:/.test(String(certificate)))
    throw new Error(
      `consoleDomain ${JSON.stringify(domain)} and consoleCertificate ${JSON.stringify(certificate)} go together: give ` +
        'the domain and the ARN of its certificate in us-east-1, where CloudFront takes certificates from',
    );
  return { domain, certificate: String(certificate) };
};

const acknowledge = (distribution: Distribution, ownCertificate: boolean): void => {
  Validations.of(distribution).acknowledge(
    {
      id: 'AwsSolutions-CFR1',
      reason:
        'plants and the people who answer for them are in every country; who may see what is decided by their token',
    },
    {
      id: 'AwsSolutions-CFR2',
      reason:
        'every request for data carries a signed token, is throttled by the stage and bounded by its contract; a firewall of web requests costs more than the rest of the API of a small plant',
    },
  );
  if (ownCertificate) return;
  Validations.of(distribution).acknowledge({
    id: 'AwsSolutions-CFR4',
    reason:
      'with its own certificate CloudFront sets the oldest TLS itself; with consoleDomain and consoleCertificate it is TLS 1.2',
  });
};
