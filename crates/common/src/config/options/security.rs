//! TLS between the processes and for REST, and who may do what over REST.

options! {
    SECURITY_SSL_INTERNAL_ENABLED: bool = "security.ssl.internal.enabled" default "false",
        "Whether JobManagers and TaskManagers speak TLS among themselves; each shows its certificate.";
    TASKMANAGER_DATA_SSL_ENABLED: bool = "taskmanager.data.ssl.enabled" default "true",
        "With security.ssl.internal.enabled: whether the rows between TaskManagers are encrypted too. Without, their ports take connections from anybody.";
    SECURITY_SSL_INTERNAL_KEYSTORE: Option<String> = "security.ssl.internal.keystore",
        "Certificate and private key of this process inside the cluster: a PKCS12 file, or PEM with both.";
    SECURITY_SSL_INTERNAL_KEYSTORE_PASSWORD: Option<String> = "security.ssl.internal.keystore-password",
        "Password of a PKCS12 key store.";
    SECURITY_SSL_INTERNAL_KEY_PASSWORD: Option<String> = "security.ssl.internal.key-password",
        "Password of the key in it, which PKCS12 has the same; used when there is none for the store.";
    SECURITY_SSL_INTERNAL_CERTIFICATE: Option<String> = "security.ssl.internal.certificate",
        "PEM file of the certificate, with those that lead to its issuer; with private-key, in place of a key store.";
    SECURITY_SSL_INTERNAL_PRIVATE_KEY: Option<String> = "security.ssl.internal.private-key",
        "PEM file of the private key of that certificate.";
    SECURITY_SSL_INTERNAL_TRUSTSTORE: Option<String> = "security.ssl.internal.truststore",
        "Certificates that those of the other processes have to be, or be issued by: PKCS12 or PEM.";
    SECURITY_SSL_INTERNAL_TRUSTSTORE_PASSWORD: Option<String> = "security.ssl.internal.truststore-password",
        "Password of a PKCS12 trust store.";
    SECURITY_SSL_INTERNAL_CERT_FINGERPRINT: Option<String> = "security.ssl.internal.cert.fingerprint",
        "SHA-1 or SHA-256 of the one certificate that the processes have, in hexadecimal digits.";

    SECURITY_SSL_REST_ENABLED: bool = "security.ssl.rest.enabled" default "false",
        "Whether REST and the SQL gateway speak TLS.";
    SECURITY_SSL_REST_AUTHENTICATION_ENABLED: bool = "security.ssl.rest.authentication-enabled" default "false",
        "Whether clients of REST and the SQL gateway have to show a certificate.";
    SECURITY_SSL_REST_KEYSTORE: Option<String> = "security.ssl.rest.keystore",
        "Certificate and private key of the server, and of clients that have to show one: a PKCS12 file, or PEM with both.";
    SECURITY_SSL_REST_KEYSTORE_PASSWORD: Option<String> = "security.ssl.rest.keystore-password",
        "Password of a PKCS12 key store.";
    SECURITY_SSL_REST_KEY_PASSWORD: Option<String> = "security.ssl.rest.key-password",
        "Password of the key in it, which PKCS12 has the same; used when there is none for the store.";
    SECURITY_SSL_REST_CERTIFICATE: Option<String> = "security.ssl.rest.certificate",
        "PEM file of the certificate, with those that lead to its issuer; with private-key, in place of a key store.";
    SECURITY_SSL_REST_PRIVATE_KEY: Option<String> = "security.ssl.rest.private-key",
        "PEM file of the private key of that certificate.";
    SECURITY_SSL_REST_TRUSTSTORE: Option<String> = "security.ssl.rest.truststore",
        "Certificates that the other side's has to be, or be issued by: PKCS12 or PEM. Clients without one trust what the system trusts.";
    SECURITY_SSL_REST_TRUSTSTORE_PASSWORD: Option<String> = "security.ssl.rest.truststore-password",
        "Password of a PKCS12 trust store.";
    SECURITY_SSL_REST_CERT_FINGERPRINT: Option<String> = "security.ssl.rest.cert.fingerprint",
        "SHA-1 or SHA-256 of the one certificate that the other side may have, in hexadecimal digits.";
    SECURITY_SSL_REST_VERIFY_HOSTNAME: bool = "security.ssl.rest.verify-hostname" default "true",
        "Whether clients check that the certificate of the server is for the name that they asked.";

    SECURITY_SSL_KEYSTORE: Option<String> = "security.ssl.keystore",
        "Key store for both, where the key of its own is not set.";
    SECURITY_SSL_KEYSTORE_PASSWORD: Option<String> = "security.ssl.keystore-password",
        "Password of that key store.";
    SECURITY_SSL_KEY_PASSWORD: Option<String> = "security.ssl.key-password",
        "Password of the key in it.";
    SECURITY_SSL_TRUSTSTORE: Option<String> = "security.ssl.truststore",
        "Trust store for both, where the key of its own is not set.";
    SECURITY_SSL_TRUSTSTORE_PASSWORD: Option<String> = "security.ssl.truststore-password",
        "Password of that trust store.";
    SECURITY_SSL_PROTOCOL: String = "security.ssl.protocol" default "TLSv1.2",
        "Versions of TLS, with ',' between them: TLSv1.2, TLSv1.3. Both when it is not set.";

    SECURITY_REST_USERS_FILE: Option<String> = "security.rest.users-file",
        "File of those who may use REST, the SQL gateway and the web UI, a line 'NAME:ROLE:HASH' each, as 'flinkrs hash-password' writes it. With it everybody is asked who they are.";
    SECURITY_REST_CLIENT_USER: Option<String> = "security.rest.client.user",
        "Name by which commands and SQL gateways of flinkrs make themselves known to REST.";
    SECURITY_REST_CLIENT_PASSWORD: Option<String> = "security.rest.client.password",
        "Password of that name.";
    SECURITY_REST_CLIENT_TOKEN: Option<String> = "security.rest.client.token",
        "Token by which they make themselves known, in place of name and password.";
}
