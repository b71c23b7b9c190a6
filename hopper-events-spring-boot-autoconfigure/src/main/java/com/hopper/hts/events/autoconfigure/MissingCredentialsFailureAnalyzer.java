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

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * An {@link AbstractFailureAnalyzer} that shows the configuration to add when there is
 * nothing to sign in with.
 */
class MissingCredentialsFailureAnalyzer extends AbstractFailureAnalyzer<MissingCredentialsException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, MissingCredentialsException cause) {
		String description = "Events cannot be sent to Hopper without signing in: %s and there is no BearerTokenProvider bean."
			.formatted(cause.isTokenEmpty() ? "the property 'hopper.auth.token' is empty"
					: "neither the property 'hopper.auth.token' nor 'hopper.auth.client-id' is set");
		return new FailureAnalysis(description, """
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
				Hopper, set hopper.enabled=false: events are then dropped.""", cause);
	}

}
