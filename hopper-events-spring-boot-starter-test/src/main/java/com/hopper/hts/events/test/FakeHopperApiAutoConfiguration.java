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
package com.hopper.hts.events.test;

import java.net.URI;

import com.hopper.hts.events.autoconfigure.HopperConnectionDetails;
import com.hopper.hts.events.autoconfigure.HopperEventsAutoConfiguration;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * {@link EnableAutoConfiguration Auto-configuration} that connects the application with
 * the {@link FakeHopperApi} if there is a bean of that type.
 *
 * @since 0.1.0
 */
@AutoConfiguration(before = HopperEventsAutoConfiguration.class)
@ConditionalOnBean(FakeHopperApi.class)
public final class FakeHopperApiAutoConfiguration {

	FakeHopperApiAutoConfiguration() {
	}

	@Bean
	@ConditionalOnMissingBean(HopperConnectionDetails.class)
	FakeHopperApiConnectionDetails fakeHopperApiConnectionDetails(FakeHopperApi api) {
		return new FakeHopperApiConnectionDetails(api);
	}

	/**
	 * Adapts {@link FakeHopperApi} to {@link HopperConnectionDetails}.
	 */
	static final class FakeHopperApiConnectionDetails implements HopperConnectionDetails {

		private final FakeHopperApi api;

		FakeHopperApiConnectionDetails(FakeHopperApi api) {
			this.api = api;
		}

		@Override
		public URI getBaseUrl() {
			return URI.create(this.api.baseUrl());
		}

		@Override
		public @Nullable String getToken() {
			return this.api.signsIn() ? null : this.api.token();
		}

		@Override
		public @Nullable String getClientId() {
			return this.api.signsIn() ? this.api.clientId() : null;
		}

		@Override
		public @Nullable String getClientSecret() {
			return this.api.signsIn() ? this.api.clientSecret() : null;
		}

	}

}
