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
 * An {@link AbstractFailureAnalyzer} that shows the configuration to add when there is no
 * bearer token.
 */
class MissingTokenFailureAnalyzer extends AbstractFailureAnalyzer<MissingTokenException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, MissingTokenException cause) {
		String description = "Events cannot be sent to Hopper without a bearer token: the property 'hopper.auth.token' %s and there is no BearerTokenProvider bean.%s"
			.formatted(cause.isEmpty() ? "is empty" : "is not set", cause.hasClientCredentials()
					? " The property 'hopper.auth.client-id' is set, but this version cannot sign in with client credentials."
					: "");
		return new FailureAnalysis(description, """
				Add the token to the application's configuration, for example in application.yml:

				    hopper:
				      auth:
				        token: your-token

				or set the environment variable HOPPER_AUTH_TOKEN. To obtain tokens in another way, define a bean \
				of type com.hopper.hts.events.auth.BearerTokenProvider. To run without Hopper, set \
				hopper.enabled=false: events are then dropped.""", cause);
	}

}
