/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package com.hopper.hts.events.autoconfigure;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Something about the configuration is wrong. Thrown in place of Spring Boot's own
 * exceptions, which are reported with the values of all property sources, because a value
 * may be secret.
 */
final class HopperConfigurationException extends RuntimeException {

	private final List<String> properties;

	private final String action;

	private HopperConfigurationException(String message, List<String> properties, String action) {
		this(message, properties, action, null);
	}

	private HopperConfigurationException(String message, List<String> properties, String action,
			@Nullable Throwable cause) {
		super(message, cause);
		this.properties = properties;
		this.action = action;
	}

	/**
	 * Create an exception about a value.
	 * @param name the name of a property, or the method of a bean
	 * @param problem the end of a sentence that begins with the name, without the value
	 */
	static HopperConfigurationException of(String name, String problem) {
		boolean property = name.startsWith("hopper.");
		return new HopperConfigurationException("'" + name + "' " + problem, property ? List.of(name) : List.of(),
				property ? "Correct the value of the property. It is not shown here because it may be a secret."
						: "Correct what the bean returns. It is not shown here because it may be a secret.");
	}

	static HopperConfigurationException ambiguousCredentials() {
		return new HopperConfigurationException(
				"'hopper.auth.token' and the client credentials, 'hopper.auth.client-id' and "
						+ "'hopper.auth.client-secret', are mutually exclusive",
				List.of("hopper.auth.token", "hopper.auth.client-id", "hopper.auth.client-secret"),
				"Remove the token or the client credentials.");
	}

	static HopperConfigurationException missingCredentials(boolean tokenEmpty) {
		return new HopperConfigurationException(
				"Events cannot be sent to Hopper without signing in: "
						+ (tokenEmpty ? "the property 'hopper.auth.token' is empty"
								: "neither the property 'hopper.auth.token' nor 'hopper.auth.client-id' is set")
						+ " and there is no BearerTokenProvider bean.",
				List.of(),
				"""
						Add what Hopper gave you to the application's configuration, for example in application.yml, \
						either a token:

						    hopper:
						      auth:
						        token: your-token

						or client credentials:

						    hopper:
						      auth:
						        client-id: your-client-id
						        client-secret: your-client-secret

						or set the environment variables of the same names, such as HOPPER_AUTH_TOKEN. To obtain tokens in \
						another way, define a bean of type com.hopper.hts.events.auth.BearerTokenProvider. To run without \
						Hopper, set hopper.enabled=false: events are then dropped.""");
	}

	static HopperConfigurationException preflight(String diagnosis, Throwable cause) {
		return new HopperConfigurationException(
				"The application cannot sign in to Hopper, and hopper.auth.preflight is 'fail': " + diagnosis,
				List.of(),
				"Correct what is named above. To start the application nevertheless, set hopper.auth.preflight=warn.",
				cause);
	}

	static HopperConfigurationException noSslBundle(String bundle, List<String> bundles, Throwable cause) {
		return new HopperConfigurationException(
				"'hopper.client.ssl.bundle' is '" + bundle + "', and there is no SSL bundle of this name.",
				List.of("hopper.client.ssl.bundle"),
				"Configure it with spring.ssl.bundle.*, or name one of those there are: " + bundles + ".", cause);
	}

	/**
	 * Return the properties that are to blame.
	 * @return the names, empty if it is not one of them
	 */
	List<String> getProperties() {
		return this.properties;
	}

	String getAction() {
		return this.action;
	}

}
